import { type Job, jobSchema } from "../../shared/jobs/job.ts";
import { jobBodySchema } from "../../shared/protocol/job-requests.ts";
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
  docs: "see [jobs](#jobs)",
  may: "act",
  reply: jobSchema,
  http: {
    method: "POST",
    path: "/api/v1/jobs",
    takes: bodyOrNothing(jobBodySchema),
    answers: {
      200: "The job of this requestId has ended",
      201: "Admitted: its VRAM is reserved",
      202: "It waits for room",
    },
    status: ({ state }) => STATUS[state],
    headers: retryAfter,
    refused: {
      "unknown-profile": 400,
      "bad-request": 400,
      "demo-machine": 503,
      "folder-held": 503,
      "not-sampling": 503,
      "too-many-waiting": 429,
      otherwise: 409,
    },
  },
  run: (sidecar, { id: _, ...wish }, { address }) => sidecar.jobs.request(wish, address),
});

/** Of a job that waits, in how many seconds it is expected to start, where that is known. */
function retryAfter({ state, startsAt, requestedAt }: Job): Record<string, string> {
  if (state !== "waiting" || startsAt === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil((startsAt - requestedAt) / 1000))) };
}
