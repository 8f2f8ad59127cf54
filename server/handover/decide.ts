import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import { circleOf } from "./circle.ts";
import { forHome } from "./for-home.ts";
import { forJobs } from "./for-jobs.ts";
import { dueMs, heldBy, mayLeave, releaseOf } from "./leaving.ts";
import type { Decision, HandoverSettings, HandoverState, Planned, Seen } from "./model.ts";

const NOTHING: Decision = { do: "nothing", next: null };

/**
 * Who leaves the card for whom, and who comes back: at most one act. Whoever is asked to leave is idle, as it says itself
 * or as the GPU shows; what nobody can tell counts as busy. Pure.
 */
export function decide(state: HandoverState, settings: HandoverSettings, nowMs: number): Decision {
  const { seen, isHot, actedMs } = state;
  if (seen === null || seen.underWay) return NOTHING;
  const settledMs = actedMs + settings.settleMs;
  const leaver = forJobs(state, seen, settings, nowMs);
  const waiter = isHot ? null : circleOf(state, seen, settings, { nowMs, canHelp: leaver !== null });
  if (waiter !== null && nowMs >= settledMs) return waiter;
  if (seen.held) return NOTHING;
  const planned = [
    leaver,
    forBusy(state, seen, settings),
    ...forIdle(state, seen, settings),
    isHot ? null : forHome(state, seen, settings),
  ].flatMap((plan) => (plan === null ? [] : [{ ...plan, atMs: Math.max(plan.atMs, settledMs) }]));
  const due = planned.find(({ atMs }) => atMs <= nowMs);
  if (due !== undefined) return due.act;
  const [next = null] = planned.sort((a, b) => a.atMs - b.atMs);
  return { do: "nothing", next };
}

/** A backend has begun to work and what it will take is more than is free: who has been idle the longest leaves. */
function forBusy(state: HandoverState, seen: Seen, settings: HandoverSettings): Planned | null {
  for (const { id, busy, gaveWay } of seen.backends) {
    // In mid-job it may have given way to the very one that would have to leave: until it asks for its rest it begins nothing.
    const rests = gaveWay && !seen.lacks.some(({ backend }) => backend === id);
    if (busy !== true || rests || !lacksRoom(state, seen, id)) continue;
    const places = state.backends.get(id)?.places ?? [];
    const leavers = seen.backends
      .filter((one) => one.id !== id && mayLeave(one, settings))
      .filter((one) => heldBy(one.id, seen, places) > CONTEXT_MIB)
      .map((one) => ({ id: one.id, atMs: dueMs(one.id, state, settings, settings.busyIdleMs) }))
      .sort((a, b) => a.atMs - b.atMs);
    const [first] = leavers;
    if (first !== undefined)
      return {
        act: releaseOf(first.id, "backend", { forWhom: id, label: null }),
        atMs: first.atMs,
      };
  }
  return null;
}

/** By what it was seen to hold before, or by what running jobs will still take; of one that was never seen, always. */
function lacksRoom({ backends }: HandoverState, seen: Seen, id: string): boolean {
  const { mostMiB = 0, places = [] } = backends.get(id) ?? {};
  const here = seen.gpus.filter(({ gpu }) => places.length === 0 || places.includes(gpu));
  if (places.length === 0 || here.some(({ shortMiB }) => shortMiB > 0)) return true;
  const freeMiB = here.reduce((sum, one) => sum + one.freeMiB, 0);
  return mostMiB - heldBy(id, seen, []) > freeMiB;
}

/** Who has been idle for as long as its owner says. */
function forIdle(state: HandoverState, seen: Seen, settings: HandoverSettings): Planned[] {
  return seen.backends.flatMap(({ id, busy, canRelease }) => {
    const afterMs = settings.idleReleaseMs.get(id);
    if (afterMs === undefined || id === settings.home || busy !== false || !canRelease) return [];
    if (heldBy(id, seen, []) <= CONTEXT_MIB) return [];
    const act = releaseOf(id, "idle", { forWhom: null, label: null });
    return [{ act, atMs: dueMs(id, state, settings, afterMs) }];
  });
}
