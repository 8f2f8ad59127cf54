import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import * as v from "valibot";
import { rest } from "../lib/rest.ts";
import { type CommandContext, defineCommand, nothingElse } from "./define-command.ts";
import { YES } from "./exit-codes.ts";
import { problemText } from "./words/words.ts";

/** What JSON-RPC calls an internal error. */
const INTERNAL_ERROR = -32_603;
/** A wait for room is answered after 45 seconds. */
const PATIENCE_MS = 90_000;
const LAST_ANSWERS_MS = 5000;
const anything = v.custom<JSONRPCMessage>((value) => typeof value === "object" && value !== null);

/**
 * An agent's server on standard input and output: each message is handed to `/mcp` of the panel that runs, signed with
 * the token, and its answer handed back. Where no panel answers, that is what each question is answered with.
 */
export const mcp = defineCommand({
  name: "mcp",
  flags: [],
  schema: v.object({ rest: nothingElse }),
  async run(_, context) {
    const transport = new StdioServerTransport();
    const closing = new AbortController();
    const closed = new Promise<void>((resolve) => {
      transport.onclose = resolve;
      process.stdin.once("end", resolve);
    });
    const passing = new Set<Promise<void>>();
    transport.onmessage = (message) => {
      const passed = pass(message, transport, context, closing.signal).finally(() => passing.delete(passed));
      passing.add(passed);
    };
    transport.onerror = (error) => context.complain(error.message);
    await transport.start();
    await closed;
    // What was asked before the end is answered, what waits for room is let go.
    await Promise.race([Promise.allSettled(passing), rest(LAST_ANSWERS_MS, closing.signal)]);
    closing.abort();
    await transport.close();
    return YES;
  },
});

async function pass(
  message: JSONRPCMessage,
  transport: StdioServerTransport,
  { panel, words, language }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const told = await panel.call("mcp", anything, {
    ...{ method: "POST", body: message, patienceMs: PATIENCE_MS, signal },
    accept: "application/json, text/event-stream",
  });
  const isQuestion = "id" in message && "method" in message;
  if (!isQuestion) return;
  if (told.kind === "told") return transport.send(told.data);
  const why =
    told.kind === "away"
      ? words.noPanel(panel.url, told.why)
      : told.kind === "strange"
        ? words.strange(panel.url, told.why)
        : problemText(told.problem, language);
  await transport.send({ jsonrpc: "2.0", id: message.id, error: { code: INTERNAL_ERROR, message: why } });
}
