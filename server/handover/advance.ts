import { decide } from "./decide.ts";
import { forJobs } from "./for-jobs.ts";
import type { Decision, HandoverSettings, HandoverState, Seen } from "./model.ts";
import { see } from "./see.ts";

/** A moment is taken in and judged; what is announced by it is remembered. The act, if any, is the caller's. Pure. */
export function advance(
  before: HandoverState,
  seen: Seen,
  settings: HandoverSettings,
  nowMs: number,
): { state: HandoverState; decision: Decision } {
  const now = see(before, seen, settings, nowMs);
  const leaver = forJobs(now, seen, settings, nowMs)?.act.backend ?? null;
  const isSame = now.notice !== null && now.notice.backend === leaver;
  const notice = leaver === null ? null : isSame ? now.notice : { backend: leaver, sinceMs: nowMs };
  const state = { ...now, notice };
  return { state, decision: decide(state, settings, nowMs) };
}
