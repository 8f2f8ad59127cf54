import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One call that the hook has received. */
export interface HookCall {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A backend's unload hook: a real HTTP server that does what the test says. */
export interface UnloadHook {
  url: string;
  calls: HookCall[];
  close(): Promise<void>;
}

/** What the hook does with a call: answers, or keeps silent, or breaks off. */
export type HookBehaviour = (response: ServerResponse, call: HookCall) => void;

/** @param status what a GET tells; without it the hook has no status */
export async function startUnloadHook(behave: HookBehaviour, status?: () => unknown): Promise<UnloadHook> {
  const calls: HookCall[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      if (request.method === "GET")
        return status === undefined
          ? void response.writeHead(405).end()
          : answerJson(response, 200, status());
      const call = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      calls.push(call);
      behave(response, call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the hook has no port");
  return {
    url: `http://127.0.0.1:${address.port}/unload`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
