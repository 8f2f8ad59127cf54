import type { Release, ReleaseMode } from "../../shared/release/release.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend, CallOutcome, UnloadOutcome } from "./backends/backend.ts";
import type { Measure } from "./measure.ts";
import type { Busy } from "./plan.ts";
import type { ReleaseLimits } from "./release-limits.ts";
import type { Snapshot } from "./samples.ts";

/** What releasing one backend needs, and whom it tells how it goes. */
export interface CarryOutContext {
  watch: BackendWatch;
  measure: Measure;
  limits: ReleaseLimits;
  /** It is left alone where a job runs in it. */
  ifIdle: boolean;
  /** Aborted by whoever cancels; heeded while nothing has been asked of the backend. */
  cancel: AbortSignal;
  closing: AbortSignal;
  onPhase(state: "waiting-for-job" | "calling" | "verifying", more?: Partial<Release>): void;
}

/** The release of one backend, over all the plans that it goes through. */
export interface Course extends CarryOutContext {
  readonly backend: Backend;
  readonly mode: ReleaseMode;
  asked: boolean;
  /** When it was first asked, by the samples' clock. */
  calledAtMs: number;
  /** The end of a declared job was waited for. */
  hasWaited: boolean;
  /** Lets the backend's queue go, which is held. */
  letGo: (() => Promise<CallOutcome>) | null;
}

/** What the steps of one plan leave for the ones after. */
export interface Findings {
  /** A job was known to run when the plan was made, and none of its steps has seen it end. */
  knownBusy: boolean;
  interrupted: boolean;
  before: Snapshot | null;
  follow: ReturnType<Measure["follow"]> | null;
  /** Jobs when it was asked, the running one included; `null` where that is not told. */
  jobsBefore: number | null;
  /** The job itself, where it was told, when it was asked or told to stop. */
  jobBefore: string | null;
  accepted: Extract<UnloadOutcome, { kind: "accepted" }> | null;
}

export const stateOf = ({ watch, backend }: Course) => watch.stateOf(backend.id);

export const jobOf = ({ watch, backend }: Course) => watch.jobOf(backend.id);

/** The running job and those behind it; `null` where that is not told. */
export function jobsOf(course: Course): number | null {
  const { busy = null, queue = null } = stateOf(course) ?? {};
  return busy === true && queue !== null ? queue + 1 : null;
}

export function busyOf(course: Course): Busy {
  const { busy = null, queue = null } = stateOf(course) ?? {};
  if (busy !== true) return busy === null ? "unknown" : "idle";
  if (!course.watch.tellsBusy(course.backend.id)) return "declared";
  return (queue ?? 0) > 0 ? "queued" : "running";
}
