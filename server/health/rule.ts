import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { RuleId } from "../../shared/health/alert.ts";
import type { AlertRules } from "../config/health-options.ts";
import type { Timing, Verdict } from "./hold.ts";
import type { Moment, SlowReading } from "./moment.ts";
import type { HostTrack } from "./track/host-track.ts";
import type { GpuTrack } from "./track/track.ts";

/** The settings of a rule that is on. */
export type SettingsOf<R extends RuleId> = Exclude<AlertRules[R], false>;

/** What a rule of one GPU looks at. */
export interface GpuContext {
  gpu: Gpu;
  track: GpuTrack;
  slow: SlowReading | undefined;
  moment: Moment;
}
export interface HostContext {
  track: HostTrack;
  moment: Moment;
}

/** One red line with its settings. `judge` is pure and looks at one moment; {@link Timing} does the rest. */
export interface Rule<Context> {
  id: RuleId;
  timing: Timing;
  judge(context: Context): Verdict;
}
export type GpuRule = Rule<GpuContext>;
export type HostRule = Rule<HostContext>;

/** Enters after so many seconds, ends after `exitS` of health, or a minute between health and danger. */
export function timing(enterS: number, exitS = 10, settleS = 60): Timing {
  return { enterMs: enterS * 1000, exitMs: exitS * 1000, settleMs: settleS * 1000 };
}

/** For what has happened: there is nothing to wait for. */
export const AT_ONCE = timing(0, 0, 0);
/** How long something that has happened stays in view, unless it is answered before. */
export const EVENT_LASTS_MS = 1_800_000;

/** GiB with one decimal. */
export const gib = (mib: number) => (mib / 1024).toFixed(1);
/** Percent for people, never 100 before it is full. */
export const wholePct = (share: number) => (share < 99.95 ? Number(share.toFixed(1)) : 100);
