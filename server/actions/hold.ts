import { handoverSchema } from "../../shared/handover/handover.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const holdCard = defineAction({
  name: "hold-card",
  summary: "Holds the card: nobody is let in, for a game or work by hand",
  docs: "takes effect when what runs has ended; asked anew, it goes on; see [hand-over](handover.md)",
  may: "act",
  reply: handoverSchema,
  http: {
    method: "POST",
    path: "/api/v1/hold",
    takes: nothing,
    answers: { 200: "It is held, or will be when what runs has ended" },
    refused: { otherwise: 409 },
  },
  socket: { event: "hold-card", takes: nothing },
  run: (sidecar, _, { address }) => sidecar.handover.hold(address),
});

export const endHold = defineAction({
  name: "end-hold",
  summary: "Gives the card back",
  may: "act",
  reply: handoverSchema,
  http: {
    method: "DELETE",
    path: "/api/v1/hold",
    takes: nothing,
    answers: { 200: "Whoever waits is let in" },
    refused: { otherwise: 409 },
  },
  socket: { event: "end-hold", takes: nothing },
  run: (sidecar) => sidecar.handover.endHold(),
});
