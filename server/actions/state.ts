import { succeed } from "../../shared/protocol/reply.ts";
import { stateHelloSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const state = defineAction({
  name: "state",
  summary: "The whole present state, as the socket's hello",
  docs: "`{protocol, bootId, …, state}`, without history",
  may: "see",
  reply: stateHelloSchema,
  http: {
    method: "GET",
    path: "/api/v1/state",
    takes: nothing,
    answers: { 200: "The state; its history is empty" },
  },
  run: (sidecar, _request, asker) => succeed(sidecar.hello(asker)),
});
