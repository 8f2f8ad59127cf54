import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** One request that a backend has received. */
export interface BackendCall {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Ways in which a backend can go wrong; each holds for every request until it is taken back. */
export const FAULTS = [
  "hangs",
  "resets",
  "half-answer",
  "endless-answer",
  "not-json",
  "answers-500",
  "redirects",
] as const;
export type Fault = (typeof FAULTS)[number];

/** A real HTTP server in the place of a backend. */
export interface BackendServer {
  /** `http://127.0.0.1:port` */
  url: string;
  calls: BackendCall[];
  /** Makes every request go wrong; `null`: as it should be again. */
  breakWith(fault: Fault | null): void;
  /** Drops every connection and refuses new ones, until `comeBack` (on the same port). */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export type BackendHandler = (response: ServerResponse, call: BackendCall) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Starts a server that answers as `handle` says, and as a fault says while there is one. */
export async function startBackendServer(
  handle: BackendHandler,
  onUpgrade?: UpgradeHandler,
): Promise<BackendServer> {
  const calls: BackendCall[] = [];
  let fault: Fault | null = null;
  const open = new Set<Duplex>();
  let server = create();
  await listen(server, 0);
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the backend has no port");
  const { port } = address;

  function create(): Server {
    const made = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const call = { method, path: url, headers, body };
        calls.push(call);
        if (fault === null) handle(response, call);
        else actFaulty(fault, response);
      });
    });
    made.on("connection", (socket) => {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    });
    made.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (fault !== null || onUpgrade === undefined) socket.destroy();
      else onUpgrade(request, socket, head);
    });
    return made;
  }

  async function goDown() {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    breakWith(next) {
      fault = next;
    },
    goDown,
    async comeBack() {
      server = create();
      await listen(server, port);
    },
    close: goDown,
  };
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Answers without a body. */
export function answerEmpty(response: ServerResponse, status: number) {
  response.writeHead(status, { "content-length": 0 }).end();
}

/** The JSON body of a call, or `undefined`. */
export function jsonOf({ body }: BackendCall): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
}

function actFaulty(fault: Fault, response: ServerResponse) {
  switch (fault) {
    case "hangs":
      return;
    case "resets":
      response.socket?.destroy();
      return;
    case "half-answer":
      response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      response.write('{"half":', () => response.socket?.destroy());
      return;
    case "endless-answer": {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = "x".repeat(1024 * 1024);
      let sent = 0;
      const pour = () => {
        // 100 MB, as fast as they are taken.
        while (sent++ < 100 && !response.destroyed) if (!response.write(chunk)) return;
        response.end();
      };
      response.on("drain", pour);
      pour();
      return;
    }
    case "not-json":
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome to nginx!</html>");
      return;
    case "answers-500":
      answerJson(response, 500, { error: "out of memory" });
      return;
    case "redirects":
      response.writeHead(302, { location: "http://127.0.0.1:9/elsewhere" }).end();
  }
}
