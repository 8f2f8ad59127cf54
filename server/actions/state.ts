import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { stateHelloSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

/** `names`: the hosts of a group without their states, as the panel asks; of 64 they are a megabyte and a half. */
const querySchema = v.object({ hosts: v.exactOptional(v.literal("names")) });

export const state = defineAction({
  name: "state",
  summary: "The whole present state, as the socket's hello",
  docs: "`{protocol, bootId, …, state}`, without history; in a [group](group.md) with its `hosts`, whose states `hosts=names` leaves out",
  may: "see",
  reply: stateHelloSchema,
  http: {
    method: "GET",
    path: "/api/v1/state",
    takes: query(querySchema),
    answers: { 200: "The state; its history is empty" },
  },
  run: (sidecar, { hosts }, asker) => {
    const hello = sidecar.hello(asker);
    const isWhole = hello.hosts !== undefined && hosts !== "names";
    return succeed(isWhole ? { ...hello, hosts: sidecar.group().hosts } : hello);
  },
});
