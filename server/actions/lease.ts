import * as v from "valibot";
import { leaseBodySchema } from "../../shared/protocol/host-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { body } from "./requests.ts";

export const lease = defineAction({
  name: "lease",
  summary: "A host uses this sidecar for as long as it holds the answer open",
  docs: "see [one panel a machine](#one-panel-a-machine). One line of JSON, then an empty one every few seconds",
  may: "act",
  reply: v.object({ id: v.string(), backend: v.nullable(v.string()), beatMs: v.number() }),
  http: {
    method: "POST",
    path: "/api/v1/lease",
    takes: body(leaseBodySchema),
    answers: {
      200: "It holds while the connection does; `backend` is what its hook is called, `beatMs` how often the answer is written to",
    },
    stays: (sidecar) => sidecar.leases.beatMs,
    refused: { otherwise: 400 },
  },
  run(sidecar, { id: _, ...wish }, { address, gone }) {
    const { begin, beatMs } = sidecar.leases;
    const begun = begin(wish, address, gone());
    return begun.ok ? succeed({ ...begun.data, beatMs }) : begun;
  },
});
