import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type GpuRule, gib, type SettingsOf, timing } from "../rule.ts";
import { movedWithin } from "../track/track.ts";

const STILL_PCT = 3;
const WORKS_PCT = 20;
const HELD_MIB = 2048;
/** A model that is being loaded moves by more. */
const STEADY_MIB = 512;
const STEADY_MS = 10_000;
const START_MS = 120_000;

/** A job has begun and holds VRAM, but the GPU does nothing: kernels are compiled for a new shape. */
export function recompiling({ seconds }: SettingsOf<"recompiling">): GpuRule {
  return {
    id: "recompiling",
    timing: timing(seconds, 3, 10),
    judge({ gpu, track, moment }) {
      const { episode } = track;
      const { utilizationGpuPct: utilization, memoryUsedMiB: used } = gpu;
      if (episode === null) return CLEAR;
      if (utilization === null || used === null) return UNKNOWN;
      // Without somebody who says that a job runs, a pause is only the pause between two jobs.
      if (utilization >= WORKS_PCT || !(episode.declared || moment.busy)) return CLEAR;
      const moved = movedWithin(track, STEADY_MS);
      const steady = moved !== null && moved.spanMiB < STEADY_MIB;
      const atStart = moment.nowMs - episode.startedMs <= START_MS && episode.computedAtMs === null;
      if (utilization > STILL_PCT || used < HELD_MIB || !steady || !atStart) return BETWEEN;
      return { level: "danger", severity: "info", params: { gpu: gpu.index, gib: gib(used) } };
    },
  };
}
