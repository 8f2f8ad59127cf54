import type { AlertParams, Severity } from "../../shared/health/alert.ts";

/**
 * What a rule sees at one moment.
 * - `danger`: beyond the red line
 * - `clear`: healthy
 * - `between`: neither; what was said stays for a while
 * - `unknown`: no figures; counts as `between`
 */
export type Verdict =
  | {
      level: "danger";
      severity: Severity;
      params: AlertParams;
      /** Another one means that the alert has something new to say. */
      news?: number;
      /** Since when, where the rule knows better than the moment at which it said so first; epoch milliseconds. */
      sinceMs?: number;
    }
  | { level: "clear" | "between" | "unknown" };

/** How long a verdict has to last before it counts, milliseconds. */
export interface Timing {
  /** In danger until there is an alert. */
  enterMs: number;
  /** Clear until it ends. */
  exitMs: number;
  /** Neither until it ends. */
  settleMs: number;
}

/** A red line that is being crossed (`active: false`: not for long enough yet). Epoch milliseconds. */
export interface Held {
  active: boolean;
  sinceMs: number;
  clearSinceMs: number | null;
  /** Not in danger since. */
  offSinceMs: number | null;
  severity: Severity;
  params: AlertParams;
  news: number;
}

export const CLEAR: Verdict = { level: "clear" };
export const BETWEEN: Verdict = { level: "between" };
export const UNKNOWN: Verdict = { level: "unknown" };

/** A crossing that has not lasted long enough yet forgives this much. */
const LEAST_FORGIVEN_MS = 3000;

/** The state after one more verdict; `null`: nothing is crossed. Hysteresis and minimum durations are here. Pure. */
export function hold(held: Held | null, verdict: Verdict, nowMs: number, timing: Timing): Held | null {
  if (verdict.level === "danger") return inDanger(held, verdict, nowMs, timing);
  if (held === null) return null;
  const offSinceMs = held.offSinceMs ?? nowMs;
  const clearSinceMs = verdict.level === "clear" ? (held.clearSinceMs ?? nowMs) : null;
  if (!held.active) {
    if (verdict.level === "clear") return null;
    return nowMs - offSinceMs >= Math.max(LEAST_FORGIVEN_MS, timing.enterMs / 2)
      ? null
      : { ...held, offSinceMs };
  }
  if (clearSinceMs !== null && nowMs - clearSinceMs >= timing.exitMs) return null;
  if (nowMs - offSinceMs >= Math.max(timing.settleMs, timing.exitMs)) return null;
  return { ...held, offSinceMs, clearSinceMs };
}

function inDanger(
  held: Held | null,
  { severity, params, news = 0, sinceMs: known }: Extract<Verdict, { level: "danger" }>,
  nowMs: number,
  { enterMs }: Timing,
): Held {
  const sinceMs = held?.sinceMs ?? known ?? nowMs;
  const active = held?.active === true || nowMs - sinceMs >= enterMs;
  if (held?.active === true) {
    if (held.news === news) {
      return held.offSinceMs === null ? held : { ...held, clearSinceMs: null, offSinceMs: null };
    }
    return { ...held, severity, params, news, clearSinceMs: null, offSinceMs: null };
  }
  return { active, sinceMs, severity, params, news, clearSinceMs: null, offSinceMs: null };
}
