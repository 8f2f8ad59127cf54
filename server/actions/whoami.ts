import { pid } from "node:process";
import * as v from "valibot";
import { whoamiQuerySchema } from "../../shared/protocol/host-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

export const whoami = defineAction({
  name: "whoami",
  summary: "Who answers at this port, with a proof that it knows the token",
  // Whoever gets a proof can try out short tokens against it in private, without the limit on guesses.
  docs: "`proof` is the HMAC-SHA-256 of `whoami PORT NONCE` by the token, in hex; `null` without a token or a nonce, and to who comes from elsewhere or through a proxy. `pid` is this process, told to programs of this machine alone",
  may: "see",
  reply: v.object({
    name: v.literal("gpu-status-panel"),
    version: v.string(),
    bootId: v.string(),
    proof: v.nullable(v.string()),
    pid: v.nullable(v.number()),
  }),
  http: {
    method: "GET",
    path: "/api/v1/whoami",
    takes: query(whoamiQuerySchema),
    answers: { 200: "A GPU status panel" },
  },
  run: (sidecar, { nonce }, { directPort }) =>
    succeed({
      name: "gpu-status-panel" as const,
      version: sidecar.version,
      bootId: sidecar.bootId(),
      proof: nonce === undefined || directPort === null ? null : sidecar.prove(directPort, nonce),
      pid: directPort === null ? null : pid,
    }),
});
