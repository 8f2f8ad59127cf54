import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const retrySource = defineAction({
  name: "retry-source",
  summary: "Tries to get samples now, where nvidia-smi has failed and its next start is being waited for",
  docs: "answers when that try has said something",
  may: "see",
  reply: v.null(),
  socket: { event: "retry-source", takes: nothing },
  async run(sidecar) {
    await sidecar.retrySource();
    return succeed(null);
  },
});
