import * as v from "valibot";
import { handoverSetupSchema, setHandoverSchema } from "../../shared/handover/handover-settings.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { body, message, nothing } from "./requests.ts";

const path = "/api/v1/handover";

export const handoverSettings = defineAction({
  name: "handover-settings",
  summary: "The hand-over's settings, and what of them the config file says",
  docs: "`{now, file, homes}`: what holds, what would without the panel's settings, and who can be loaded again; see [hand-over](handover.md)",
  may: "see",
  reply: handoverSetupSchema,
  http: { method: "GET", path, takes: nothing, answers: { 200: "The settings" } },
  socket: { event: "handover-settings", takes: nothing },
  run: (sidecar) => succeed(sidecar.handover.settings.setup()),
});

export const setHandover = defineAction({
  name: "set-handover",
  summary: "Sets what is named of the hand-over, before the config file, also after a restart",
  docs: "what is set to the value of the config file follows the file again",
  may: "act",
  reply: handoverSetupSchema,
  http: {
    method: "PATCH",
    path,
    takes: body(setHandoverSchema),
    answers: { 200: "It holds from now on" },
    refused: { "unknown-backend": 404, otherwise: 400 },
  },
  socket: { event: "set-handover", takes: message(setHandoverSchema) },
  // By HTTP a request also brings the id of its path, which this one has not.
  run: (sidecar, change) =>
    sidecar.handover.settings.set(v.parse(v.object(setHandoverSchema.entries), change)),
});
