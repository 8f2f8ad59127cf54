import * as v from "valibot";
import { testResultSchema } from "../../shared/health/past-alert.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const testAlerts = defineAction({
  name: "test-alerts",
  summary: "Sends a test message to every receiver",
  docs: "`{receivers: [{kind, error}]}`",
  may: "act",
  reply: v.object({ receivers: v.array(testResultSchema) }),
  http: {
    method: "POST",
    path: "/api/v1/alerts/test",
    takes: nothing,
    answers: { 200: "What came of it" },
  },
  run: async (sidecar) => succeed({ receivers: await sidecar.alerts.test() }),
});
