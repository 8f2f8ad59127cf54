import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { toJsonSchema } from "@valibot/to-json-schema";
import { problem } from "../../shared/problems/make-problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import type { Asker } from "../actions/asker.ts";
import type { Action } from "../actions/define-action.ts";
import type { Exchange } from "../actions/definition.ts";
import { askerOf } from "../actions/over-http.ts";
import { problemWith } from "../actions/right.ts";
import { readJson } from "../http/read-json.ts";
import { sendProblem } from "../http/respond.ts";
import { TOOLS, type Tool } from "./tools.ts";

const INSTRUCTIONS =
  "Several programs share the GPUs of this machine. Before a job that needs VRAM call start_job and begin it when its state is running; call end_job when it has ended. Never call release_vram without asking the user.";

/**
 * Answers one message of the Model Context Protocol (Streamable HTTP, without sessions: each message stands for itself).
 * Whoever may not act sees the tools that only look.
 */
export async function serveMcp(
  { request, response, actProblem }: Exchange,
  sidecar: ActsOn,
  { actions, version }: { actions: readonly Action[]; version: string },
): Promise<void> {
  const read = await readJson(request);
  if (!read.ok) return sendProblem(response, 400, problem("bad-request", { detail: read.detail }));
  const asker = askerOf({ request, response, actProblem });
  const server = serverFor(sidecar, asker, { actions, version });
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on("close", () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, read.value);
}

function serverFor(
  sidecar: ActsOn,
  asker: Asker,
  { actions, version }: { actions: readonly Action[]; version: string },
): Server {
  const server = new Server(
    { name: "gpu-status-panel", version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const allowed = TOOLS.filter(({ may }) => problemWith(may, asker) === null);
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: allowed.map((tool) => described(tool, actions)),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = TOOLS.find(({ name }) => name === params.name);
    const reply =
      tool === undefined
        ? refuse(problem("not-found", { path: params.name }))
        : await tool.call(sidecar, params.arguments, asker);
    if (!reply.ok) {
      const { code, message, advice } = reply;
      return { isError: true, content: [{ type: "text", text: `${code}: ${message} ${advice}`.trim() }] };
    }
    return { content: [{ type: "text", text: JSON.stringify(reply.data) }] };
  });
  return server;
}

function described({ name, action, more, may, schema, isDestructive }: Tool, actions: readonly Action[]) {
  const summary = actions.find((one) => one.name === action)?.summary ?? name;
  const { $schema: _, ...inputSchema } = toJsonSchema(schema, { errorMode: "ignore", typeMode: "input" });
  return {
    name,
    description: `${summary}. ${more}`.trim(),
    inputSchema: { ...inputSchema, type: "object" as const },
    annotations: { readOnlyHint: may === "see", destructiveHint: isDestructive, openWorldHint: false },
  };
}
