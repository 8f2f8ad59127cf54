import * as v from "valibot";
import { sendJson } from "../respond.ts";
import type { Route } from "./route.ts";

/** 200 while samples come, 503 with the reason while they do not. */
export const healthz: Route = {
  method: "GET",
  path: /^healthz$/,
  describe: {
    path: "/healthz",
    summary: "Whether samples come",
    answers: {
      200: { what: "They do", schema: v.object({ status: v.literal("ok") }) },
      503: { what: "They do not", schema: v.object({ status: v.literal("degraded"), reason: v.string() }) },
    },
  },
  handle({ response }, sidecar) {
    const { status, problem } = sidecar.source();
    if (status === "live") sendJson(response, 200, { status: "ok" });
    else
      sendJson(response, 503, { status: "degraded", reason: problem?.message ?? `the source is ${status}` });
  },
};
