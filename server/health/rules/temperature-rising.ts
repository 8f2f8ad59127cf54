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
      const trend = trendOf(track.heat, hours);
      if (trend === null) return BETWEEN;
      const rise = trend.toC - trend.fromC;
      if (rise <= riseC / 2) return CLEAR;
      if (rise < riseC || trend.explained < LEAST_EXPLAINED || trend.toC < WARM_C) return BETWEEN;
      const params = { gpu: gpu.index, from: Math.round(trend.fromC), to: Math.round(trend.toC) };
      return { level: "danger", severity: "warning", params, sinceMs: trend.sinceMs };
    },
  };
}
