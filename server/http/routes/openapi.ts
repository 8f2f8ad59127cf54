import { describeApi } from "../openapi/document.ts";
import { sendJson } from "../respond.ts";
import type { Route } from "./route.ts";

/** The HTTP interface, described; made when it is first asked for. */
export function createOpenApiRoute(others: readonly Route[], version: string): Route {
  let document: ReturnType<typeof describeApi> | undefined;
  const route: Route = {
    method: "GET",
    path: /^openapi\.json$/,
    describe: {
      path: "/openapi.json",
      summary: "This document",
      answers: { 200: { what: "OpenAPI 3.1" } },
    },
    handle({ response }) {
      document ??= describeApi([...others, route], version);
      sendJson(response, 200, document);
    },
  };
  return route;
}
