import type { ObservedGpu } from "../../../server/capacity/observed.ts";
import type { Profile } from "../../../shared/capacity/profile.ts";

/** What a policy is shown, as the sampler would: once a second, and processes as seldom as the sampler lists them. */
export interface Sample {
  tS: number;
  gpus: readonly ObservedGpu[];
}

/** A user wants to start a job. */
export interface Request {
  id: number;
  profile: Profile;
}

/**
 * Decides whether a user sees `canStart ≥ 1`, and on which GPUs the job then goes. A policy sees nothing but what is
 * handed in here.
 */
export interface Policy {
  name: string;
  /** Users wait in one line: nobody passes one who has waited longer than this, seconds. 0: first come, first served. */
  patienceS: number;
  /** It is told when a job starts and ends. */
  marked: boolean;
  sample(sample: Sample): void;
  /**
   * A job joins the line: told only to policies that keep one themselves, and then each of their jobs is placed. It asks
   * as `job()` of the Python file does, from within its process: Python has started and imported before, and from the
   * answer to the first VRAM it is one second. For the others a user who sees room presses start, and then Python starts.
   */
  asked?(request: Request): void;
  /** GPUs for the job, or `null`: not now. */
  place(request: Request): number[] | null;
  started(request: Request, gpus: readonly number[], pid: number): void;
  ended(id: number, outcome: "done" | "out-of-memory"): void;
}
