import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

const okSchema = v.object({ status: v.literal("ok") });
const degradedSchema = v.object({ status: v.literal("degraded"), reason: v.string() });
const healthSchema = v.union([okSchema, degradedSchema]);
type Health = v.InferOutput<typeof healthSchema>;

export const healthz = defineAction({
  name: "healthz",
  summary: "Whether samples come",
  may: "see",
  reply: healthSchema,
  http: {
    method: "GET",
    path: "/healthz",
    takes: nothing,
    answers: {
      200: { what: "They do", schema: okSchema },
      503: { what: "They do not", schema: degradedSchema },
    },
    status: ({ status }) => (status === "ok" ? 200 : 503),
  },
  run(sidecar) {
    const { status, problem } = sidecar.source();
    if (status === "live") return succeed<Health>({ status: "ok" });
    return succeed<Health>({ status: "degraded", reason: problem?.message ?? `the source is ${status}` });
  },
});
