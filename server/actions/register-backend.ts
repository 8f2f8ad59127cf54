import { registerBodySchema } from "../../shared/protocol/host-requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { body } from "./requests.ts";

export const registerBackend = defineAction({
  name: "register-backend",
  summary: "Tells of an app's unload hook, for `ttl` seconds; repeating it keeps it",
  docs: "see [one panel a machine](#one-panel-a-machine)",
  may: "act",
  reply: idSchema,
  http: {
    method: "POST",
    path: "/api/v1/backends",
    takes: body(registerBodySchema),
    answers: { 200: "It is a backend of this name" },
    refused: { otherwise: 400 },
  },
  run: (sidecar, { id: _, ...wish }, { address }) => sidecar.registerBackend(wish, address),
});
