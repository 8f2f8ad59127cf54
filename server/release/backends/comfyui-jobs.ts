import * as v from "valibot";
import type { CallOutcome } from "./backend.ts";
import { type Caller, type CallFailure, readAnswer, unreadable } from "./call.ts";
import { execInfoSchema } from "./comfyui-socket.ts";

/** `/queue` carries the workflow of every job; of all that only the ids are read. */
const LARGEST_QUEUE_BYTES = 8 * 1024 * 1024;
/** Since 0.5.1 (December 2025): a line for the running job, without its workflow. */
const RUNNING = "/api/jobs?status=in_progress&limit=1";
/** Of a version that does not know the route. */
const NO_SUCH_ROUTE: readonly (number | null)[] = [404, 405];

const jobsSchema = v.object({ jobs: v.array(v.object({ id: v.string() })) });
/** A job is `[number, prompt_id, workflow, …]`; the tuple leaves the rest out. */
const queueSchema = v.object({ queue_running: v.array(v.tuple([v.unknown(), v.string()])) });

type Failed = Pick<CallFailure, "kind" | "problem" | "reached">;
/** What runs: `null`, nothing. */
type Running = { kind: "running"; job: string | null } | { kind: "untold" } | Failed;
export type ComfyUiJobs = { kind: "jobs"; busy: boolean; queue: number; job: string | null } | Failed;

/** The jobs of a ComfyUI. */
export interface ComfyUiQueue {
  /** @param closely an older ComfyUI is asked what runs, too, of which the answer may be large */
  jobs(signal: AbortSignal, closely: boolean): Promise<ComfyUiJobs>;
  /** The same, where it was just told how many there are. */
  jobsOf(remaining: number, signal: AbortSignal): Promise<ComfyUiJobs>;
  /** Stops the running job, and no other. */
  interrupt(signal: AbortSignal): Promise<CallOutcome>;
}

/**
 * How many jobs there are does not tell whether one runs: a gate at the head of the queue holds them back until there is
 * room, and a release that waited for them would wait for itself.
 */
export function createComfyUiQueue(call: Caller, timeoutMs: number): ComfyUiQueue {
  async function running(signal: AbortSignal): Promise<Running> {
    const answer = await call(RUNNING, signal, { timeoutMs });
    const said = answer.kind === "failed" ? null : readAnswer(answer, jobsSchema);
    return said === null ? { kind: "untold" } : { kind: "running", job: said.jobs[0]?.id ?? null };
  }

  async function runningOfOlder(signal: AbortSignal): Promise<Running> {
    const queue = await call("/queue", signal, { timeoutMs, largestBytes: LARGEST_QUEUE_BYTES });
    if (queue.kind === "failed") return queue;
    const said = readAnswer(queue, queueSchema);
    if (said !== null) return { kind: "running", job: said.queue_running[0]?.[1] ?? null };
    return queue.text === null ? { kind: "untold" } : unreadable("comfyui");
  }

  function counted(remaining: number, found: Running): ComfyUiJobs {
    const job = found.kind === "running" ? found.job : null;
    const busy = found.kind === "running" ? job !== null : remaining > 0;
    return { kind: "jobs", busy, queue: Math.max(0, remaining - (busy ? 1 : 0)), job };
  }

  return {
    async jobs(signal, closely) {
      const [answer, newer] = await Promise.all([call("/prompt", signal, { timeoutMs }), running(signal)]);
      if (answer.kind === "failed") return answer;
      const said = readAnswer(answer, execInfoSchema);
      if (said === null) return unreadable("comfyui");
      const { queue_remaining: remaining } = said.exec_info;
      const asksOlder = closely && newer.kind === "untold" && remaining > 0;
      return counted(remaining, asksOlder ? await runningOfOlder(signal) : newer);
    },
    jobsOf: async (remaining, signal) =>
      counted(remaining, remaining === 0 ? { kind: "untold" } : await running(signal)),
    async interrupt(signal) {
      const newer = await running(signal);
      const found = newer.kind === "untold" ? await runningOfOlder(signal) : newer;
      if (found.kind === "failed") return found;
      const job = found.kind === "running" ? found.job : undefined;
      // It has ended meanwhile: without its id whatever came next would be stopped.
      if (job === null) return { kind: "accepted" };
      if (job !== undefined && newer.kind === "running") {
        // Since 0.26 (June 2026): looks and stops under one lock, so that no other job is hit.
        const path = `/api/jobs/${encodeURIComponent(job)}/cancel`;
        const cancelled = await call(path, signal, { method: "POST" });
        if (cancelled.kind === "answered") return { kind: "accepted" };
        if (!NO_SUCH_ROUTE.includes(cancelled.status)) return cancelled;
      }
      // A queue too large to be read must not keep the user from stopping a job.
      const json = job === undefined ? {} : { prompt_id: job };
      const answer = await call("/interrupt", signal, { method: "POST", json });
      return answer.kind === "failed" ? answer : { kind: "accepted" };
    },
  };
}
