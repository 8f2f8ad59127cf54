import type { GpuRow } from "../gpu-row.ts";
import { DEMO_TRACKS, type DemoTrack, pointAt, UNLOADED_MIB } from "./tracks.ts";

/** One simulated GPU. All of it is data; {@link stepGpu} makes the next one. */
export interface DemoGpu {
  track: DemoTrack;
  /** Seconds into the job; negative while the GPU rests before the next one. */
  jobS: number;
  /** VRAM above the curve that a release is taking away, or `null` when none is under way. */
  releasingFromMiB: number | null;
  usedMiB: number;
  util: number;
  temperatureC: number;
}

const AMBIENT_C = 34;
const LOAD_RISE_C = 38;
/** How fast the temperature follows the load: 1/e in this many seconds. */
const THERMAL_S = 45;
/** How fast a release gives VRAM back, MiB/s: drivers take a second or two over tens of GiB. */
const RELEASE_RATE = 16_000;
/** Pause between a release and the next job, so that the effect can be seen. */
const REST_AFTER_RELEASE_S = 30;

/** GPUs of the demo machine, `count` of them; each starts at another point of its job. */
export function createDemoGpus(count: number): DemoGpu[] {
  return Array.from({ length: count }, (_, i): DemoGpu => {
    const track = DEMO_TRACKS[i % 2 === 0 ? 0 : 1];
    const length = track.keyframes.at(-1)?.s ?? 1;
    const jobS = (38 + i * 17) % length;
    const { mib, util } = pointAt(track.keyframes, jobS);
    return { track, jobS, releasingFromMiB: null, usedMiB: mib, util, temperatureC: AMBIENT_C + 12 };
  });
}

/** The GPU `seconds` later. */
export function stepGpu(gpu: DemoGpu, seconds: number): DemoGpu {
  const { keyframes } = gpu.track;
  const length = keyframes.at(-1)?.s ?? 1;
  if (gpu.releasingFromMiB !== null) {
    const usedMiB = Math.max(UNLOADED_MIB, gpu.releasingFromMiB - RELEASE_RATE * seconds);
    const releasingFromMiB = usedMiB > UNLOADED_MIB ? usedMiB : null;
    return warm({ ...gpu, usedMiB, util: 0, releasingFromMiB, jobS: -REST_AFTER_RELEASE_S }, seconds);
  }
  const jobS = gpu.jobS + seconds;
  if (jobS < 0) return warm({ ...gpu, jobS, usedMiB: UNLOADED_MIB, util: 0 }, seconds);
  // The model is still loaded when the next job starts, so the curve goes on from where the job works.
  const resume = keyframes.find(({ util }) => util > 90)?.s ?? 0;
  const at = jobS <= length ? jobS : resume + ((jobS - length) % (length - resume));
  const { mib, util } = pointAt(keyframes, at);
  return warm({ ...gpu, jobS: at, usedMiB: mib, util }, seconds);
}

/** What the unload hook of the simulated backend does: everything above {@link UNLOADED_MIB} goes, the job with it. */
export function unloadGpu(gpu: DemoGpu): DemoGpu {
  return { ...gpu, releasingFromMiB: gpu.usedMiB };
}

/** What goes with an unload, MiB. */
export const modelsOf = ({ usedMiB }: DemoGpu) => Math.max(0, usedMiB - UNLOADED_MIB);

function warm(gpu: DemoGpu, seconds: number): DemoGpu {
  const target = AMBIENT_C + (LOAD_RISE_C * gpu.util) / 100;
  const share = 1 - Math.exp(-seconds / THERMAL_S);
  return { ...gpu, temperatureC: gpu.temperatureC + (target - gpu.temperatureC) * share };
}

/** The GPU as nvidia-smi would report it. `noise` is in −1…1. */
export function toDemoRow(gpu: DemoGpu, index: number, noise: number): GpuRow {
  const busy = gpu.util > 0;
  const used = Math.round(gpu.usedMiB + (busy ? noise * 24 : 0));
  const util = busy ? Math.min(100, Math.max(1, Math.round(gpu.util + noise * 2))) : 0;
  const reserved = 360;
  return {
    index,
    uuid: `GPU-demo-${index}`,
    name: gpu.track.name,
    driverVersion: "demo",
    memoryTotalMiB: gpu.track.totalMiB,
    display: false,
    reading: {
      memoryUsedMiB: used,
      memoryFreeMiB: gpu.track.totalMiB - reserved - used,
      utilizationGpuPct: util,
      temperatureC: Math.round(gpu.temperatureC),
      powerDrawW: Math.round(28 + (gpu.track.powerLimitW - 60) * (util / 100) + noise * 4),
    },
    details: {
      memoryReservedMiB: reserved,
      utilizationMemoryPct: Math.round(util * 0.6),
      powerLimitW: gpu.track.powerLimitW,
      fanPct: Math.max(0, Math.round((gpu.temperatureC - 40) * 2)),
      pstate: busy ? "P2" : "P8",
      throttle: util > 98 ? ["power-cap"] : [],
      mig: null,
    },
  };
}
