import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Admit } from "../gateway/admit.ts";
import type { Assets } from "./assets.ts";
import type { Pages } from "./pages.ts";
import { sendProblem } from "./respond.ts";
import { prepareBackend } from "./routes/backends.ts";
import { fitRoute } from "./routes/fit.ts";
import { healthz } from "./routes/healthz.ts";
import { profiles } from "./routes/profiles.ts";
import { cancelRelease, pastReleases, showRelease, startRelease } from "./routes/release.ts";
import type { HttpSidecar, Route } from "./routes/route.ts";
import { state } from "./routes/state.ts";

const ROUTES: readonly Route[] = [
  healthz,
  state,
  profiles,
  startRelease,
  showRelease,
  cancelRelease,
  pastReleases,
  prepareBackend,
  fitRoute,
];

export interface HttpOptions {
  /** Begins and ends with a slash. */
  basePath: string;
  admit: Admit;
}

/** The HTTP side of the sidecar: pages, assets and the API. Not yet listening. */
export function createHttpServer(
  sidecar: HttpSidecar,
  pages: Pages,
  assets: Assets,
  { basePath, admit }: HttpOptions,
): Server {
  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // Only a request that broke off gets here: its answer would reach nobody.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const refused = admit.mayConnect(request.headers);
    if (refused !== null) return sendProblem(response, 403, refused);
    const { origin } = request.headers;
    if (origin !== undefined && admit.mayRead(origin)) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("vary", "origin");
    }
    if (request.method === "OPTIONS") return preflight(response);
    const target = request.url ?? "/";
    if (!URL.canParse(target, "http://sidecar")) {
      return sendProblem(response, 400, problem("bad-request", { detail: "the address is malformed" }));
    }
    const url = new URL(target, "http://sidecar");
    if (`${url.pathname}/` === basePath) return redirect(response, `${basePath}${url.search}`);
    if (!url.pathname.startsWith(basePath)) return notFound(response, url.pathname);
    const path = url.pathname.slice(basePath.length);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && (path === "" || path === "embed")) return pages.page(response);

    const matching = ROUTES.filter((route) => route.path.test(path));
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
    const params = route.path.exec(path)?.slice(1) ?? [];
    await route.handle(
      { request, response, url, params, actProblem: admit.mayAct(bearerOf(request)) },
      sidecar,
    );
  }
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
}

function preflight(response: ServerResponse) {
  response.writeHead(204, {
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "content-type, authorization",
    "access-control-max-age": "600",
  });
  response.end();
}

function redirect(response: ServerResponse, location: string) {
  response.writeHead(308, { location, "content-length": 0 });
  response.end();
}

function notFound(response: ServerResponse, path: string) {
  sendProblem(response, 404, problem("not-found", { path }));
}
