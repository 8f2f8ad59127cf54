import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const metrics = defineAction({
  name: "metrics",
  summary: "Figures for Prometheus",
  docs: "in its text format: see [metrics](metrics.md)",
  may: "see",
  reply: v.object({ contentType: v.string(), text: v.string() }),
  http: {
    method: "GET",
    path: "/metrics",
    takes: nothing,
    answers: { 200: { what: "Prometheus text format", type: "text/plain" } },
    text: ({ contentType, text }) => ({ type: contentType, text }),
  },
  run: async (sidecar) => succeed(await sidecar.metrics()),
});
