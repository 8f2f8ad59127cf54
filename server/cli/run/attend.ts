import { randomUUID } from "node:crypto";
import { type Job, jobSchema } from "../../../shared/jobs/job.ts";
import { steadyMs } from "../../lib/clock.ts";
import { rest } from "../../lib/rest.ts";
import type { PanelClient } from "../panel-client.ts";

/** Heartbeats for a job that runs, until `ended` is called. */
export interface Attendance {
  /** The program has ended: tells how. False where the panel could not be told. */
  ended(outcome: "done" | "failed"): Promise<boolean>;
}

export interface AttendOptions {
  job: Job;
  /** As it was asked for. */
  body: object;
  ttlSeconds: number;
  /** Told once when the panel no longer counts the job, and does not take it again. */
  onLost(why: string): void;
}

const BEATS_PER_TTL = 3;
/** A panel that is being restarted is back by then. */
const END_PATIENCE_MS = 15_000;
const RETRY_MS = 500;

/** @param body what it was asked for with: a panel that has lost the job is told anew, as one that runs already */
export function attend(panel: PanelClient, { job, body, ttlSeconds, onLost }: AttendOptions): Attendance {
  const closing = new AbortController();
  const { signal } = closing;
  let { id } = job;
  let isLost = false;
  let requestId = randomUUID();

  async function beat() {
    while (!signal.aborted) {
      await rest((ttlSeconds * 1000) / BEATS_PER_TTL, signal);
      if (signal.aborted) return;
      const told = await panel.call(`api/v1/jobs/${id}`, jobSchema, { method: "PATCH", signal });
      if (told.kind !== "refused" || signal.aborted) continue;
      const { code } = told.problem;
      if (code === "not-found" || code === "job-ended") await tellAgain();
    }
  }

  async function tellAgain() {
    // The same one until there is an answer: what was heard and not answered is no second job.
    const running = { ...body, gpuIndexes: job.gpus, gpus: job.gpus.length, started: true, requestId };
    const told = await panel.call("api/v1/jobs", jobSchema, { method: "POST", body: running, signal });
    if (told.kind === "told") [id, requestId] = [told.data.id, randomUUID()];
    else if (told.kind === "refused" && !isLost) {
      isLost = true;
      onLost(told.problem.message);
    }
  }

  const beating = beat();
  return {
    async ended(outcome) {
      closing.abort();
      await beating;
      const until = steadyMs() + END_PATIENCE_MS;
      for (;;) {
        const told = await panel.call(`api/v1/jobs/${id}`, jobSchema, {
          ...{ method: "DELETE", body: { outcome }, patienceMs: 5000 },
        });
        // It answers: whatever it says, it will not say anything else.
        const isAnswer = told.kind === "told" || (told.kind === "refused" && told.retryAfterS === null);
        if (isAnswer) return told.kind === "told";
        if (steadyMs() >= until) return false;
        await rest(RETRY_MS, new AbortController().signal);
      }
    },
  };
}
