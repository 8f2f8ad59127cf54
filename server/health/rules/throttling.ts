import { BETWEEN, CLEAR, UNKNOWN, type Verdict } from "../hold.ts";
import { type GpuContext, type GpuRule, type SettingsOf, timing } from "../rule.ts";

/** A card at its limit goes in and out of throttling: only a rest of this length ends it. */
const REST_MS = 30_000;

/** The GPU slows down because it is too hot. The power limit is none of this: busy cards are at theirs. */
export function thermalThrottling({ seconds }: SettingsOf<"thermal-throttling">): GpuRule {
  return {
    id: "thermal-throttling",
    timing: timing(seconds, 30, 120),
    judge: (context) =>
      judge(context, context.track.hotAtMs, { temperature: Math.round(context.gpu.temperatureC ?? 0) }),
  };
}

/** The hardware slows the GPU down for another reason: its power supply. */
export function powerBrake({ seconds }: SettingsOf<"power-brake">): GpuRule {
  return {
    id: "power-brake",
    timing: timing(seconds, 30, 120),
    judge: (context) => judge(context, context.track.brakedAtMs, {}),
  };
}

function judge(
  { gpu, moment }: GpuContext,
  lastMs: number | null,
  more: Readonly<Record<string, number>>,
): Verdict {
  if (gpu.throttle === null) return UNKNOWN;
  if (lastMs === null || moment.nowMs - lastMs > REST_MS) return CLEAR;
  if (lastMs < moment.nowMs) return BETWEEN;
  return { level: "danger", severity: "warning", params: { gpu: gpu.index, ...more } };
}
