import { isBusy, isLow, unexplained } from "../evidence/recent.ts";
import type { GpuEvidence, Recent, RunningJob, UnlistedUse } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Reached } from "./tenant.ts";
import { followTicket, withOwned } from "./unlisted-ticket.ts";

/** An ended job's memory is freed within this. */
const FREES_WITHIN_MS = 4000;

const NOTHING: UnlistedUse = {
  otherMiB: 0,
  state: "idle",
  stateSinceMs: 0,
  jobPeakMiB: 0,
  peaks: [],
  owned: new Map(),
  movedFor: null,
  movedMs: Number.NEGATIVE_INFINITY,
  isSettled: false,
  beganMs: Number.NEGATIVE_INFINITY,
  ticket: null,
  ended: null,
};

/**
 * Where no process is named, what no declared job explains is one tenant. Beside declared jobs only bounds are known:
 * they hold no more than their figures, and nobody else has shrunk unless a job has just ended.
 */
export function followUnlisted(
  known: UnlistedUse | undefined,
  { usedMiB }: GpuEvidence,
  recent: readonly Recent[],
  grewMs: number,
  explainedMs: number,
  jobs: readonly RunningJob[],
  toldBusy: boolean,
  nowMs: number,
  policy: Policy,
): { use: UnlistedUse; reached: readonly Reached[] } {
  // With next to nothing in use there is nobody to wait for.
  const before = known ?? { ...NOTHING, isSettled: usedMiB < policy.aloneMiB };
  const isExplained = jobs.length > 0;
  const figures = jobs.reduce((sum, { figureMiB }) => sum + figureMiB, 0);
  const ended = before.ended !== null && nowMs - before.ended.atMs <= FREES_WITHIN_MS ? before.ended : null;
  const freedMiB = ended === null ? 0 : Math.max(0, ended.usedMiB - usedMiB);
  const otherMiB = isExplained
    ? Math.min(usedMiB, Math.max(before.otherMiB - freedMiB, usedMiB - figures))
    : usedMiB;
  const moved = isExplained ? otherMiB - before.otherMiB > policy.grewUnlistedMiB : grewMs === nowMs;
  const movedMs = moved ? nowMs : before.movedMs;
  const own = unexplained(recent, explainedMs);
  const worksHere = toldBusy && !isExplained;
  const isSettled = worksHere
    ? false
    : isExplained
      ? before.isSettled && !moved
      : before.isSettled
        ? !moved && !isBusy(own, policy.quietPct)
        : isQuiet(own, movedMs, nowMs, policy);
  const state = worksHere ? "running" : stateOf(before, own, movedMs, isExplained, nowMs, policy);
  const wasRunning = before.state === "running";
  const owned = ownedAfter(before, ended, otherMiB, isExplained);
  const use: UnlistedUse = {
    otherMiB,
    state,
    stateSinceMs: state === before.state ? before.stateSinceMs : nowMs,
    jobPeakMiB: state === "running" ? Math.max(wasRunning ? before.jobPeakMiB : 0, otherMiB) : 0,
    peaks: state !== "running" && wasRunning ? [...before.peaks, before.jobPeakMiB].slice(-3) : before.peaks,
    owned,
    movedFor: isSettled ? null : before.movedFor,
    movedMs,
    isSettled,
    beganMs: before.isSettled && !isSettled ? nowMs : before.beganMs,
    ticket: before.ticket,
    ended: ended === null ? null : { ...ended, usedMiB: Math.min(ended.usedMiB, usedMiB) },
  };
  return followTicket(use, isExplained, nowMs, policy);
}

/** What the process of an ended declared job has kept is its asker's; when less is there than is owned, nobody knows whose. */
function ownedAfter(
  before: UnlistedUse,
  ended: UnlistedUse["ended"],
  otherMiB: number,
  isExplained: boolean,
): ReadonlyMap<string, number> {
  let { owned } = before;
  if (before.ended !== null && ended === null && !isExplained)
    owned = withOwned(owned, before.ended.asker, otherMiB - before.ended.baseMiB);
  const sum = [...owned.values()].reduce((a, b) => a + b, 0);
  if (sum <= otherMiB) return owned;
  const [one, another] = owned.keys();
  return one === undefined || another !== undefined ? new Map() : new Map([[one, otherMiB]]);
}

function stateOf(
  before: UnlistedUse,
  own: readonly Recent[],
  movedMs: number,
  isExplained: boolean,
  nowMs: number,
  policy: Policy,
): UnlistedUse["state"] {
  if (isExplained && movedMs !== nowMs) return before.state === "running" ? "cannot-tell" : before.state;
  if (movedMs === nowMs || isBusy(own, policy.busyPct)) return "running";
  const isFlat = nowMs - movedMs >= policy.idleUnlistedMs;
  return isFlat && isLow(own, policy.idleUnlistedMs, policy.busyPct, 1) ? "idle" : before.state;
}

/** Rule where no process is named: nothing computes, and nothing has grown for a while. */
function isQuiet(recent: readonly Recent[], grewMs: number, nowMs: number, policy: Policy): boolean {
  return nowMs - grewMs >= policy.quietMs && isLow(recent, policy.quietLowMs, policy.quietPct, 1);
}
