import * as v from "valibot";
import { leaseBodySchema } from "../../shared/protocol/host-requests.ts";
import { defineAction } from "./define-action.ts";
import { body } from "./requests.ts";

export const lease = defineAction({
  name: "lease",
  summary: "A host uses this sidecar for as long as it holds the answer open",
  docs: "see [one panel a machine](#one-panel-a-machine). One line of JSON, then an empty one every few seconds",
  may: "act",
  reply: v.object({ id: v.string(), backend: v.nullable(v.string()) }),
  http: {
    method: "POST",
    path: "/api/v1/lease",
    takes: body(leaseBodySchema),
    answers: { 200: "It holds while the connection does; `backend` is what its hook is called" },
    stays: (sidecar) => sidecar.leases.beatMs,
    refused: { otherwise: 400 },
  },
  run: (sidecar, { id: _, ...wish }, { address, gone }) => sidecar.leases.begin(wish, address, gone()),
});
