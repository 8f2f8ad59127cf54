import { BETWEEN, CLEAR } from "../hold.ts";
import { type GpuRule, type SettingsOf, timing } from "../rule.ts";
import { trendOf } from "../track/heat.ts";

/** A straight line explains so much of it: what goes up and down is no rise. */
const LEAST_EXPLAINED = 0.6;
const WARM_C = 60;

/** Under load the GPU grows hotter over hours. */
export function temperatureRising({ riseC, hours }: SettingsOf<"temperature-rising">): GpuRule {
  return {
    id: "temperature-rising",
    timing: timing(0, 0, 7200),
    judge({ gpu, track }) {
      const short = trendOf(track.heat, hours);
      if (short === null) return BETWEEN;
      const rises = ({ fromC, toC, explained }: typeof short) =>
        toC - fromC >= riseC && explained >= LEAST_EXPLAINED && toC >= WARM_C;
      // A slower rise shows over twice the time.
      const trend = rises(short) ? short : (trendOf(track.heat, 2 * hours) ?? short);
      if (!rises(trend)) return short.toC - short.fromC <= riseC / 2 ? CLEAR : BETWEEN;
      const params = { gpu: gpu.index, from: Math.round(trend.fromC), to: Math.round(trend.toC) };
      return { level: "danger", severity: "warning", params, sinceMs: trend.sinceMs };
    },
  };
}
