import * as v from "valibot";
import { whoamiQuerySchema } from "../../shared/protocol/host-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

export const whoami = defineAction({
  name: "whoami",
  summary: "Who answers at this port, with a proof that it knows the token",
  docs: "`proof` is the HMAC-SHA-256 of `whoami PORT NONCE` by the token, in hex; `null` without a token or a nonce",
  may: "see",
  reply: v.object({
    name: v.literal("gpu-status-panel"),
    version: v.string(),
    bootId: v.string(),
    proof: v.nullable(v.string()),
  }),
  http: {
    method: "GET",
    path: "/api/v1/whoami",
    takes: query(whoamiQuerySchema),
    answers: { 200: "A GPU status panel" },
  },
  run: (sidecar, { nonce }, { port }) =>
    succeed({
      name: "gpu-status-panel" as const,
      version: sidecar.version,
      bootId: sidecar.bootId(),
      proof: nonce === undefined || port === null ? null : sidecar.prove(port, nonce),
    }),
});
