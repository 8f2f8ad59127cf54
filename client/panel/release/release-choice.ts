import type { BackendState } from "../../../shared/release/backend.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";

/** What can be chosen before a release of these backends. Pure. */
export interface ReleaseChoice {
  /** Backends with a job that the choice concerns. */
  busy: readonly BackendState[];
  /** The ways to choose from, the gentlest first; one alone is no question. */
  modes: readonly ReleaseMode[];
}

/** Idle: now. Busy: after the job, by interrupting it, or now where that breaks nothing by itself. */
export function releaseChoice(targets: readonly BackendState[]): ReleaseChoice {
  const busy = targets.filter(
    // Whoever spares what is in use, and cannot wait for more, leaves nothing to choose.
    (one) => one.busy === true && (one.duringJob !== "spared" || one.modes.includes("after-current")),
  );
  if (busy.length === 0) return { busy, modes: ["auto"] };
  const knownTo = (mode: ReleaseMode) => busy.every(({ modes }) => modes.includes(mode));
  const modes: ReleaseMode[] = [];
  if (knownTo("after-current")) modes.push("after-current");
  if (knownTo("interrupt") && busy.every(endsByInterrupt)) modes.push("interrupt");
  // Where a call breaks the job, or is taken up after it anyway, “now” would be no choice of its own.
  const nowIsOwn = busy.every(
    // vLLM can crash when it is put to sleep in the middle of a request (vllm #28714): its adapter refuses.
    ({ kind, duringJob }) => kind !== "vllm" && duringJob !== "deferred" && duringJob !== "unsafe",
  );
  if (knownTo("now") && nowIsOwn) modes.push("now");
  return { busy, modes: modes.length === 0 ? ["auto"] : modes };
}

/** Where the next job would begin, and be broken by the call, one is not stopped: it would be lost for nothing. */
function endsByInterrupt({ duringJob, queue }: BackendState): boolean {
  return duringJob === "deferred" || duringJob === "spared" || (queue ?? 0) === 0;
}
