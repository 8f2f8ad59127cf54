import type { HandoverValues } from "../../shared/handover/handover-settings.ts";
import type { Options } from "../config/options.ts";
import { HOLD_TIMES, type HoldTimes } from "./hold.ts";
import { type HandoverSettings, NO_HANDOVER } from "./model.ts";

export type HandoverOptions = Pick<
  Options,
  "home" | "homeAfterSeconds" | "minTurnSeconds" | "idleReleaseMinutes" | "holdAboveC" | "releaseOnRequest"
>;

/**
 * The rules' times with what a user has set.
 * @param scale how many times faster the rules' times pass: 1, but for tests
 */
export function handoverSettings(
  values: HandoverValues & Pick<HandoverOptions, "releaseOnRequest">,
  scale = 1,
): HandoverSettings {
  const { home, homeAfterSeconds, minTurnSeconds, idleReleaseMinutes, holdAboveC, releaseOnRequest } = values;
  const { jobIdleMs, busyIdleMs, againMs, settleMs, noticeMs, postponeMs, yieldMs } = NO_HANDOVER;
  return {
    ...{ home, holdAboveC },
    onRequest: new Set(releaseOnRequest),
    homeAfterMs: (homeAfterSeconds * 1000) / scale,
    minTurnMs: (minTurnSeconds * 1000) / scale,
    idleReleaseMs: new Map(
      Object.entries(idleReleaseMinutes).map(([id, minutes]) => [id, (minutes * 60_000) / scale]),
    ),
    ...{ jobIdleMs: jobIdleMs / scale, busyIdleMs: busyIdleMs / scale, againMs: againMs / scale },
    ...{ settleMs: settleMs / scale, noticeMs: noticeMs / scale, postponeMs: postponeMs / scale },
    yieldMs: yieldMs / scale,
  };
}

export function holdTimes(scale = 1): HoldTimes {
  const { idleMs, idleWantedMs, mostMs } = HOLD_TIMES;
  return { idleMs: idleMs / scale, idleWantedMs: idleWantedMs / scale, mostMs: mostMs / scale };
}
