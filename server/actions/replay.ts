import { replayDemandSchema, replaySchema } from "../../shared/protocol/replay.ts";
import { defineAction } from "./define-action.ts";
import { body, message } from "./requests.ts";

export const replay = defineAction({
  name: "replay",
  summary: "Plays, pauses or moves a recording (--source replay:FILE)",
  docs: "for everybody who watches. It answers `{file, startMs, endMs, speed, paused, wrongLines, firstWrong, everyNth}`, or 409 where none is played: see [records](records.md#replay)",
  may: "act",
  reply: replaySchema,
  http: {
    method: "POST",
    path: "/api/v1/replay",
    takes: body(replayDemandSchema),
    answers: { 200: "How it is played from now on" },
    refused: { otherwise: 409 },
  },
  socket: { event: "replay", takes: message(replayDemandSchema) },
  run: (sidecar, { paused, speed, atMs }) =>
    sidecar.replay({
      ...(paused === undefined ? {} : { paused }),
      ...(speed === undefined ? {} : { speed }),
      ...(atMs === undefined ? {} : { atMs }),
    }),
});
