import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type GpuRule, type SettingsOf, timing } from "../rule.ts";
import { movedWithin } from "../track/track.ts";

/** Less than this is not slow work but none: a stall, or the end of a job that nobody declared. */
const SOME_WORK_PCT = 8;
const LOADING_MIB = 512;
const LOADING_MS = 10_000;
/** For so long a job may load and compile before it computes. */
const BEGINS_MS = 60_000;

/** A job generates, and the GPU has too little to do. */
export function lowUtilization({ dangerPct, healthyPct, seconds }: SettingsOf<"low-utilization">): GpuRule {
  return {
    id: "low-utilization",
    // Jobs of one kind follow one another: what is wrong with a part of each, such as decoding, is one alert. Healthy is
    // what is sustained.
    timing: timing(seconds, 180, 300),
    judge({ gpu, track, moment }) {
      const { episode, utilizationPct } = track;
      if (gpu.utilizationGpuPct === null || utilizationPct === null) return UNKNOWN;
      if (episode === null) return BETWEEN;
      if (utilizationPct >= healthyPct) return CLEAR;
      const known = episode.declared || moment.busy;
      const began = episode.computedAtMs !== null || (known && moment.nowMs - episode.startedMs > BEGINS_MS);
      if (!began || utilizationPct >= dangerPct || (!known && utilizationPct < SOME_WORK_PCT)) return BETWEEN;
      // The second model of two is being loaded.
      if ((movedWithin(track, LOADING_MS)?.spanMiB ?? 0) >= LOADING_MIB) return BETWEEN;
      return {
        level: "danger",
        severity: "warning",
        params: { gpu: gpu.index, percent: Math.round(utilizationPct) },
      };
    },
  };
}
