import { resumedSchema } from "../../shared/protocol/messages.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { resumeRequestSchema } from "../../shared/protocol/requests.ts";
import { defineViewerAction } from "./define-action.ts";
import { message } from "./requests.ts";

export const resume = defineViewerAction({
  name: "resume",
  summary: "Fills the gap of a panel that was hidden or slow",
  docs: "the GPUs as they are, and the history after `sinceSeq`; from now on as far back as `historyMs`, when that is more than the handshake asked for",
  may: "see",
  reply: resumedSchema,
  socket: { event: "resume", takes: message(resumeRequestSchema) },
  run(sidecar, { sinceSeq, historyMs }, viewer) {
    viewer.wantHistory(historyMs);
    return succeed(sidecar.resume(sinceSeq, viewer.historyMs));
  },
});
