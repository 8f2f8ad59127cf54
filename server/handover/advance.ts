import { decide } from "./decide.ts";
import { forJobs } from "./for-jobs.ts";
import type { Decision, HandoverSettings, HandoverState, Seen } from "./model.ts";
import { see } from "./see.ts";

/** A moment is taken in and judged; what is announced by it is remembered. The act, if any, is the caller's. Pure. */
export function advance(
  before: HandoverState,
  seen: Seen,
  given: HandoverSettings,
  nowMs: number,
): { state: HandoverState; decision: Decision } {
  // With a home everybody may be asked, as all comes back: not while the home is none of the backends there are.
  const isThere = seen.backends.some(({ id }) => id === given.home);
  const settings = isThere ? given : { ...given, home: null };
  const now = see(before, seen, settings, nowMs);
  const leaver = forJobs(now, seen, settings, nowMs)?.act.backend ?? null;
  const isSame = now.notice !== null && now.notice.backend === leaver;
  const notice = leaver === null ? null : isSame ? now.notice : { backend: leaver, sinceMs: nowMs };
  const state = { ...now, notice };
  return { state, decision: decide(state, settings, nowMs) };
}
