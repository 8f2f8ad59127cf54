import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { describeApi } from "../http/openapi/document.ts";
import { type Action, defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

/** The HTTP interface, described; made when it is first asked for. */
export function createOpenApi(others: readonly Action[], version: string): Action {
  let document: ReturnType<typeof describeApi> | undefined;
  const openapi: Action = defineAction({
    name: "openapi",
    summary: "This document",
    may: "see",
    reply: v.unknown(),
    http: {
      method: "GET",
      path: "/openapi.json",
      takes: nothing,
      answers: { 200: { what: "OpenAPI 3.1" } },
    },
    run() {
      const routes = [...others, openapi].flatMap(({ route }) => route ?? []);
      document ??= describeApi(routes, version);
      return succeed<unknown>(document);
    },
  });
  return openapi;
}
