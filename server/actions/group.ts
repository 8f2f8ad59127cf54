import { succeed } from "../../shared/protocol/reply.ts";
import { groupSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const group = defineAction({
  name: "group",
  summary: "All hosts that this sidecar shows, each with its state",
  docs: "`{group, problem, hosts: [{id, name, address, status, seenAt, state}]}`, see [many hosts](group.md)",
  may: "see",
  reply: groupSchema,
  http: {
    method: "GET",
    path: "/api/v1/group",
    takes: nothing,
    answers: { 200: "The hosts; without a group this one alone" },
  },
  run: (sidecar) => succeed(sidecar.group()),
});
