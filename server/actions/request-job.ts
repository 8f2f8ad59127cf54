import type { Job } from "../../shared/jobs/job.ts";
import { groupJobBodySchema } from "../../shared/protocol/job-requests.ts";
import { placedJobSchema } from "../http/openapi/components.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { bodyOrNothing } from "./requests.ts";

const STATUS: Readonly<Record<Job["state"], number>> = {
  running: 201,
  waiting: 202,
  done: 200,
  failed: 200,
  expired: 200,
};

export const requestJob = defineAction({
  name: "request-job",
  summary: "A job asks to start; where it must wait, others do not run out of memory with it",
  docs: "see [jobs](#jobs); `host` names another host of the [group](group.md), `anywhere: true` takes the first with room, and `host` of the answer says which",
  may: "act",
  reply: placedJobSchema,
  http: {
    method: "POST",
    path: "/api/v1/jobs",
    takes: bodyOrNothing(groupJobBodySchema),
    answers: {
      200: "The job of this requestId has ended",
      201: "Admitted: its VRAM is reserved",
      202: "It waits for room",
    },
    status: ({ state }) => STATUS[state],
    headers: retryAfter,
    refused: {
      ...AWAY,
      "unknown-profile": 400,
      "bad-request": 400,
      "demo-machine": 503,
      "folder-held": 503,
      "not-sampling": 503,
      "too-many-waiting": 429,
      otherwise: 409,
    },
  },
  run(sidecar, { id: _, host, anywhere, ...wish }, { address }) {
    const { elsewhere, jobs } = sidecar;
    if (anywhere) return elsewhere.requestJob(wish, "anywhere", address);
    if (host !== undefined && elsewhere.isOther(host)) return elsewhere.requestJob(wish, { host }, address);
    return jobs.request(wish, address);
  },
});

/** Of a job that waits, in how many seconds it is expected to start, where that is known. */
function retryAfter({ state, startsAt, requestedAt }: Job): Record<string, string> {
  if (state !== "waiting" || startsAt === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil((startsAt - requestedAt) / 1000))) };
}
