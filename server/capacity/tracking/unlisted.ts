import { isBusy, isLow } from "../evidence/recent.ts";
import type { GpuEvidence, Recent, RunningJob, UnlistedUse } from "../model.ts";
import type { Policy } from "../policy.ts";

/** An ended job's memory is given back within this. */
const GIVES_BACK_MS = 4000;

const NOTHING: UnlistedUse = {
  otherMiB: 0,
  state: "idle",
  stateSinceMs: 0,
  jobPeakMiB: 0,
  peaks: [],
  owner: null,
  ended: null,
};

/**
 * Where no process is named, what no declared job explains is one tenant. Beside declared jobs only bounds are known:
 * they hold no more than their figures, and nobody else has shrunk unless a job has just ended.
 */
export function followUnlisted(
  before: UnlistedUse = NOTHING,
  { usedMiB }: GpuEvidence,
  recent: readonly Recent[],
  grewMs: number,
  jobs: readonly RunningJob[],
  nowMs: number,
  policy: Policy,
): UnlistedUse {
  const figures = jobs.reduce((sum, { figureMiB }) => sum + figureMiB, 0);
  const ended = before.ended !== null && nowMs - before.ended.atMs <= GIVES_BACK_MS ? before.ended : null;
  const givenBack = ended === null ? 0 : Math.max(0, ended.usedMiB - usedMiB);
  const otherMiB =
    jobs.length === 0 ? usedMiB : Math.min(usedMiB, Math.max(before.otherMiB - givenBack, usedMiB - figures));
  const state = stateOf(before, recent, grewMs, jobs.length > 0, nowMs, policy);
  const wasRunning = before.state === "running";
  const isEmpty = jobs.length === 0 && otherMiB < policy.aloneMiB && state === "idle";
  return {
    otherMiB,
    state,
    stateSinceMs: state === before.state ? before.stateSinceMs : nowMs,
    jobPeakMiB: state === "running" ? Math.max(wasRunning ? before.jobPeakMiB : 0, otherMiB) : 0,
    peaks: state !== "running" && wasRunning ? [...before.peaks, before.jobPeakMiB].slice(-3) : before.peaks,
    owner: isEmpty ? null : before.owner,
    ended: ended === null ? null : { ...ended, usedMiB: Math.min(ended.usedMiB, usedMiB) },
  };
}

function stateOf(
  before: UnlistedUse,
  recent: readonly Recent[],
  grewMs: number,
  isExplained: boolean,
  nowMs: number,
  policy: Policy,
): UnlistedUse["state"] {
  const isFlat = nowMs - grewMs >= policy.idleUnlistedMs;
  if (isFlat && isLow(recent, policy.idleUnlistedMs, policy.busyPct, 1)) return "idle";
  if (isExplained) return before.state === "running" ? "cannot-tell" : before.state;
  return grewMs === nowMs || isBusy(recent, policy) ? "running" : before.state;
}

/** Rule for machines that name no process: nothing computes and nothing has grown for a while. */
export function isUnsettled(
  recent: readonly Recent[],
  grewMs: number,
  nowMs: number,
  policy: Policy,
): boolean {
  return nowMs - grewMs < policy.quietMs || !isLow(recent, policy.quietLowMs, policy.quietPct, 1);
}
