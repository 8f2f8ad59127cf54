import type { DuringJob } from "../../shared/release/backend.ts";
import type { ReleaseMode } from "../../shared/release/release.ts";

/**
 * Whether a job runs in a backend. `declared`: it does not tell, but a job was declared that runs in it. `queued`: one runs
 * and others wait behind it.
 */
export const BUSY = ["idle", "running", "queued", "declared", "unknown"] as const;
export type Busy = (typeof BUSY)[number];

/** What is known of a backend when it is decided how to release it. */
export interface Situation {
  mode: ReleaseMode;
  duringJob: DuringJob;
  busy: Busy;
  /** It can be asked to stop its job. */
  canInterrupt: boolean;
  /** Its queue can be held, so that no job begins while it is released. */
  canHold: boolean;
  /** Asked during a job, it unloads when that has ended and answers then. */
  letsJobsEnd: boolean;
  /** A declared job was waited for already; whether another one runs is still not known. */
  hasWaited: boolean;
}

/**
 * - `hold`: hold its queue, until the release is over
 * - `interrupt`: ask it to stop its job
 * - `await-idle`: wait until no job runs, or another one has queued up behind it
 * - `await-stopped`: wait until the job has gone that was told to stop
 * - `await-declared`: wait until the job has ended that was declared to run in it
 * - `await-job-end`: wait until one job has ended, whether another follows or not
 * - `note`: note who holds what
 * - `follow`: from now on remember the samples, so that the moment before the fall can be looked up
 * - `ask`: ask it to unload
 * - `await-gone`: where the backend tells, wait until all is gone that it was asked for
 * - `measure`: see by the samples what came back
 * - `plan-again`: make a new plan by what is known then
 */
export type Step =
  | "hold"
  | "interrupt"
  | "await-idle"
  | "await-stopped"
  | "await-declared"
  | "await-job-end"
  | "note"
  | "follow"
  | "ask"
  | "await-gone"
  | "measure"
  | "plan-again";

export type Plan = { refuse: "busy-unknown" | "backend-busy" | "jobs-queued" } | { steps: readonly Step[] };

const ASK = ["note", "ask", "await-gone", "measure"] as const;
/** The backend takes the call up itself when the running job has ended, before the next one begins. */
export const ASK_BEFORE_THE_END: readonly Step[] = ["follow", "ask", "await-job-end", "measure"];

/** How a backend is released: its steps, or why it is not. Pure. */
export function planRelease(situation: Situation): Plan {
  const { mode, duringJob, busy, canHold, hasWaited, letsJobsEnd } = situation;
  if (busy === "idle") return { steps: ASK };
  if (mode === "interrupt") return planInterrupt(situation);
  if (busy === "unknown") {
    // A job may run that the backend does not tell of, and the call would break it.
    if (duringJob === "unsafe") return { refuse: "busy-unknown" };
    const waitsItself = duringJob === "deferred" || hasWaited;
    return mode === "after-current" && !waitsItself ? { refuse: "busy-unknown" } : { steps: ASK };
  }
  if (duringJob === "spared") {
    const holds = mode === "after-current" && canHold && isTold(busy);
    return { steps: holds ? ["hold", "await-idle", ...ASK] : ASK };
  }
  if (mode === "now") {
    if (duringJob === "unsafe") return { refuse: "backend-busy" };
    // The end of a job that the backend does not tell of cannot be waited for after the call.
    return { steps: duringJob === "deferred" && busy !== "declared" ? ASK_BEFORE_THE_END : ASK };
  }
  if (busy === "queued" && duringJob === "deferred") return { steps: ASK_BEFORE_THE_END };
  // Under a steady load it would never be idle; what is queued behind would hang until it is woken.
  if (letsJobsEnd && mode === "after-current" && busy === "running") {
    return { steps: ["follow", "ask", "measure"] };
  }
  // Nothing is asked of the backend before the job has ended, so that the wait can be cancelled.
  return { steps: busy === "declared" ? ["await-declared", "plan-again"] : ["await-idle", ...ASK] };
}

function planInterrupt({ duringJob, busy, canInterrupt, canHold }: Situation): Plan {
  if (!canInterrupt) return { refuse: "busy-unknown" };
  if (canHold && isTold(busy)) return { steps: ["hold", "interrupt", "await-idle", ...ASK] };
  // A backend with queued jobs is never idle in between: it is asked first, and unloads when its job stops.
  if (duringJob === "deferred" && busy === "queued") {
    return { steps: ["note", "ask", "interrupt", "await-job-end", "measure"] };
  }
  // The next job begins as soon as this one is stopped, and the call would break that: one lost, and nothing released.
  if (busy === "queued" && duringJob !== "spared") return { refuse: "jobs-queued" };
  if (!isTold(busy)) return { steps: ["interrupt", ...ASK] };
  return { steps: ["interrupt", duringJob === "deferred" ? "await-idle" : "await-stopped", ...ASK] };
}

/** The backend itself tells of the job, so that its end is seen. */
const isTold = (busy: Busy) => busy === "running" || busy === "queued";
