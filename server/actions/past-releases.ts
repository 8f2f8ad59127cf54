import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { releaseRecordSchema } from "../../shared/release/record.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const pastReleases = defineAction({
  name: "past-releases",
  summary: "The last 50 releases, newest first",
  docs: "`{id, startedAt, finishedAt, requestedBy, mode, state, freedMiB, gpus, parts, problem}`; of the [hand-over](handover.md) with `reason`, `forWhom` and, for a load, `did`",
  may: "see",
  reply: v.array(releaseRecordSchema),
  http: {
    method: "GET",
    path: "/api/v1/releases",
    takes: nothing,
    answers: { 200: "What each of them freed" },
  },
  socket: { event: "past-releases", takes: nothing },
  run: (sidecar) => succeed([...sidecar.pastReleases()]),
});
