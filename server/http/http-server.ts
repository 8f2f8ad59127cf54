import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { isOrigin } from "../../shared/protocol/origins.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import { createOpenApi } from "../actions/openapi.ts";
import { ACTIONS } from "../actions/table.ts";
import type { Admit } from "../gateway/admit.ts";
import type { Caller } from "../gateway/caller.ts";
import { mostConnections } from "../lib/open-files.ts";
import { SECURITY_HEADERS } from "../lib/security-headers.ts";
import { createMcpRoute } from "../mcp/route.ts";
import type { HttpTimings } from "../timings.ts";
import type { Assets } from "./assets.ts";
import { limitConnections } from "./limit-connections.ts";
import { OwnRequest } from "./own-request.ts";
import type { Pages } from "./pages.ts";
import { refuseBroken } from "./refuse-broken.ts";
import { sendRefusal } from "./refused-page.ts";
import { RequestProblem, sendProblem } from "./respond.ts";

const LARGEST_HEAD_BYTES = 16 * 1024;

export interface HttpOptions {
  /** Begins and ends with a slash. */
  basePath: string;
  admit: Admit;
  callerOf(request: IncomingMessage): Caller;
  /** Somebody may not connect: whoever started the sidecar may not know that he has to allow it. */
  noteRefusal(problem: Problem): void;
  /** Of the package. */
  version: string;
}

/** A server that answers nothing yet: its port can be taken before anything else is begun. */
export function createBareServer({ headersMs, requestMs, lookMs, keepAliveMs }: HttpTimings): Server {
  const server: Server = createServer({
    IncomingMessage: OwnRequest,
    maxHeaderSize: LARGEST_HEAD_BYTES,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs,
    keepAliveTimeout: keepAliveMs,
  });
  refuseBroken(server);
  // What is beyond is closed at once, before the system runs out.
  limitConnections(server, mostConnections());
  return server;
}

/** Puts the HTTP side of the sidecar on the server: pages, assets and the API. */
export function serveHttp(
  server: Server,
  sidecar: ActsOn,
  pages: Pages,
  assets: Assets,
  { basePath, admit, callerOf, version, noteRefusal }: HttpOptions,
): void {
  const described = [...ACTIONS, createOpenApi(ACTIONS, version)].flatMap(({ route }) => route ?? []);
  const routes = [...described, createMcpRoute(ACTIONS, version)];
  server.on("request", (request, response) => {
    if (response.writableEnded) return;
    handle(request, response).catch((error: unknown) => {
      if (error instanceof RequestProblem && !response.headersSent)
        return sendProblem(response, error.status, error.problem);
      // Only a request that broke off gets here: its answer would reach nobody.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });

  /**
   * Scripts are the same for everybody, so that a page of any origin may run the element: who it is that may not connect,
   * and with which flag he might, the element then says itself.
   */
  function sendsCode(request: IncomingMessage, response: ServerResponse): boolean {
    const url = urlOf(request.url ?? "/");
    // A frame without an origin could not connect whatever is allowed: its static words say what it needs.
    if (!isOrigin(request.headers.origin ?? "")) return false;
    if (!["GET", "HEAD"].includes(request.method ?? "") || url === null || !url.pathname.startsWith(basePath))
      return false;
    const headers = {
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-gpu-panel-refused",
      "x-gpu-panel-refused": "origin-refused",
    };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (assets.send(url.pathname.slice(basePath.length), request, response)) return true;
    for (const name of Object.keys(headers)) response.removeHeader(name);
    return false;
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const { origin } = request.headers;
    const refused = admit.mayConnect(request.headers);
    if (refused !== null) {
      if (refused.code === "origin-refused" && sendsCode(request, response)) return;
      noteRefusal(refused);
      return sendRefusal(request, response, 403, refused);
    }
    if (origin !== undefined && admit.mayRead(origin)) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("vary", "origin");
    }
    if (request.method === "OPTIONS") return preflight(response);
    const isRead = request.method === "GET" || request.method === "HEAD";
    // Reading is not limited: a hundred viewers may come through one proxy.
    // Once: a signature counts once.
    const token = admit.tokenOf(request);
    const tooMany = isRead ? null : admit.mayAsk(request.socket.remoteAddress, token);
    if (tooMany !== null) return sendTooMany(response, tooMany);
    const url = urlOf(request.url ?? "/");
    if (url === null) {
      return sendProblem(response, 400, problem("bad-request", { detail: "the address is malformed" }));
    }
    if (`${url.pathname}/` === basePath) {
      // Relative: a proxy may have taken away what stands before it.
      return redirect(response, `${basePath.split("/").at(-2)}/${url.search}`);
    }
    if (!url.pathname.startsWith(basePath)) return notFound(response, url.pathname);
    const path = url.pathname.slice(basePath.length);
    if (isRead && (path === "" || path === "embed")) return pages.page(response, path !== "");

    const matching = routes.filter((route) => route.path.test(path));
    if (matching.length === 0) {
      if (!isRead) return notFound(response, url.pathname);
      if (!assets.send(path, request, response)) notFound(response, url.pathname);
      return;
    }
    const route = matching.find(({ method }) => method === (isRead ? "GET" : request.method));
    if (route === undefined) {
      const allowed = matching.map(({ method }) => method).join(", ");
      response.setHeader("allow", allowed);
      return sendProblem(
        response,
        405,
        problem("method-not-allowed", { method: request.method ?? "?", allowed }),
      );
    }
    const id = route.path.exec(path)?.[1] ?? "";
    const actProblem = admit.mayAct([token], callerOf(request));
    if (!isRead && actProblem?.code === "too-many-requests") return sendTooMany(response, actProblem);
    await route.handle({ request, response, url, id, actProblem }, sidecar);
  }
}

/** What a request asks for. `//healthz` is a path of ours that is not there, not the page of a host of that name. */
function urlOf(target: string): URL | null {
  const whole = target.startsWith("/") ? `http://sidecar${target}` : target;
  return URL.canParse(whole, "http://sidecar") ? new URL(whole, "http://sidecar") : null;
}

function preflight(response: ServerResponse) {
  response.writeHead(204, {
    "access-control-allow-methods": "GET, POST, PATCH, DELETE",
    "access-control-allow-headers": "content-type, authorization",
    "access-control-max-age": "600",
  });
  response.end();
}

function sendTooMany(response: ServerResponse, problem: Problem) {
  response.setHeader("retry-after", String(problem.params.seconds ?? 1));
  sendProblem(response, 429, problem);
}

function redirect(response: ServerResponse, location: string) {
  response.writeHead(308, { location, "content-length": 0 });
  response.end();
}

function notFound(response: ServerResponse, path: string) {
  sendProblem(response, 404, problem("not-found", { path }));
}
