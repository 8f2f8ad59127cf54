import type { Handover } from "../../shared/handover/handover.ts";
import { endsMs, type Hold, type HoldTimes } from "./hold.ts";
import type { Decision, HandoverSettings, HandoverState } from "./model.ts";

/** What everybody is told of the hand-over. @param wallOf the time of day of a moment of the state's clock. Pure. */
export function shownOf(
  { isHot, seen }: HandoverState,
  decision: Decision,
  hold: Hold | null,
  {
    settings,
    holdTimes,
    wallOf,
  }: { settings: HandoverSettings; holdTimes: HoldTimes; wallOf(nowMs: number): number },
): Handover {
  return {
    home: settings.home,
    next: nextOf(decision, wallOf),
    hotAboveC: isHot ? settings.holdAboveC : null,
    hold:
      hold === null
        ? null
        : {
            by: hold.by,
            since: second(wallOf(hold.sinceMs)),
            active: hold.activeMs !== null,
            // A hold in use ends later with every sample, which is no news.
            endsAt: minute(wallOf(endsMs(hold, (seen?.lacks.length ?? 0) > 0, holdTimes))),
          },
  };
}

function nextOf(decision: Decision, wallOf: (nowMs: number) => number): Handover["next"] {
  const next = decision.do === "nothing" ? decision.next : null;
  if (next === null || next.act.do === "let-go" || !Number.isFinite(next.atMs)) return null;
  const { act } = next;
  const at = second(wallOf(next.atMs));
  return act.do === "load"
    ? { do: "load", backend: act.backend, reason: null, forWhom: null, at }
    : { do: "release", backend: act.backend, reason: act.reason, forWhom: act.label ?? act.forWhom, at };
}

const second = (ms: number) => Math.round(ms / 1000) * 1000;
const minute = (ms: number) => Math.ceil(ms / 60_000) * 60_000;
