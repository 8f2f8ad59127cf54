import type { Problem } from "../../shared/problems/problem.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { LiveCapacity } from "../capacity/live/live.ts";
import type { JobAsk } from "../capacity/model.ts";
import type { Description, Meant } from "../profiles/resolve.ts";
import type { JobStore } from "./job-store.ts";
import type { PidWatch } from "./pid-watch.ts";

/** What the jobs' desk works with. */
export interface JobsContext {
  store: JobStore;
  live: LiveCapacity;
  pids: PidWatch;
  /** How long it is waited for word of how a process ended that was a job by itself, ms. */
  outcomeMs: number;
  /** The class that is meant; `null`: nothing is known of such a job. */
  resolve(description: Description): Meant | null;
  /** A kind of job is asked for that may be learned; people are to see it under a name. */
  noteClass(meant: { jobClass: JobAsk["jobClass"]; profile: Profile }): void;
  /** Why no job can be let in here, whatever there is room for; `null`: nothing stands against it. */
  obstacle(): Promise<Problem | null>;
  /** Why nobody may start now, so that all wait; `null`: nothing stands against it. */
  closed(): Problem | null;
  /** The backend that a process on a GPU belongs to; `null`: none, or it cannot be told. */
  ownerOf(pid: number): string | null;
}
