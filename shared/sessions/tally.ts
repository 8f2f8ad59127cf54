import * as v from "valibot";
import type { Gpu } from "../gpu/gpu.ts";
import type { SessionFigures } from "./session.ts";

const WHOLE_PERCENTS = 101;
const sum = v.object({ seconds: v.number(), sum: v.number() });

/** What is summed up of one GPU while a session goes on; kept on disk, so that a restart goes on with it. */
export const gpuTallySchema = v.object({
  gpu: v.number(),
  uuid: v.string(),
  name: v.string(),
  seconds: v.number(),
  /** Seconds at each whole percent of utilization, 0 to 100. */
  utilization: v.pipe(v.array(v.number()), v.length(WHOLE_PERCENTS)),
  utilizationSum: sum,
  temperatureSum: sum,
  temperatureMaxC: v.nullable(v.number()),
  powerSum: sum,
  memoryPeakMiB: v.nullable(v.number()),
  memoryTotalMiB: v.nullable(v.number()),
});
export type GpuTally = v.InferOutput<typeof gpuTallySchema>;

/** A GPU of which nothing has been summed up. */
export function newTally({ index, uuid, name, memoryTotalMiB }: Gpu): GpuTally {
  const nothing = { seconds: 0, sum: 0 };
  return {
    gpu: index,
    uuid,
    name,
    seconds: 0,
    utilization: new Array<number>(WHOLE_PERCENTS).fill(0),
    utilizationSum: nothing,
    temperatureSum: nothing,
    temperatureMaxC: null,
    powerSum: nothing,
    memoryPeakMiB: null,
    memoryTotalMiB,
  };
}

/** The tally with one more sample that stands for `seconds`. What is not reported is not summed up. Pure. */
export function addSample(tally: GpuTally, gpu: Gpu, seconds: number): GpuTally {
  const { memoryUsedMiB, utilizationGpuPct, temperatureC, powerDrawW, memoryTotalMiB } = gpu;
  const known = [memoryUsedMiB, utilizationGpuPct, temperatureC, powerDrawW].some((value) => value !== null);
  const utilization = [...tally.utilization];
  if (utilizationGpuPct !== null) {
    const percent = Math.min(WHOLE_PERCENTS - 1, Math.max(0, Math.round(utilizationGpuPct)));
    utilization[percent] = (utilization[percent] ?? 0) + seconds;
  }
  return {
    ...tally,
    seconds: tally.seconds + (known ? seconds : 0),
    utilization,
    utilizationSum: plus(tally.utilizationSum, utilizationGpuPct, seconds),
    temperatureSum: plus(tally.temperatureSum, temperatureC, seconds),
    temperatureMaxC: larger(tally.temperatureMaxC, temperatureC),
    powerSum: plus(tally.powerSum, powerDrawW, seconds),
    memoryPeakMiB: larger(tally.memoryPeakMiB, memoryUsedMiB),
    memoryTotalMiB: memoryTotalMiB ?? tally.memoryTotalMiB,
  };
}

const SECONDS_PER_HOUR = 3600;
/** Power that was missing for no more than this share of the time is taken to have been as in the rest. */
const MISSING_POWER = 0.02;

/** The figures of a tally. Pure. */
export function figuresOf(tally: GpuTally): SessionFigures {
  const { gpu, name, seconds, utilization, powerSum, memoryPeakMiB, memoryTotalMiB, temperatureMaxC } = tally;
  const watts = mean(powerSum);
  const isWhole = powerSum.seconds > 0 && powerSum.seconds >= seconds * (1 - MISSING_POWER);
  return {
    gpu,
    name,
    seconds,
    utilizationMeanPct: mean(tally.utilizationSum),
    utilizationP50Pct: percentile(utilization, 0.5),
    utilizationP95Pct: percentile(utilization, 0.95),
    memoryPeakMiB,
    memoryTotalMiB,
    temperatureMeanC: mean(tally.temperatureSum),
    temperatureMaxC,
    energyWh: watts === null || !isWhole ? null : (watts * seconds) / SECONDS_PER_HOUR,
  };
}

/** The least percent at or below which the GPU was for this share of the time; `null` when nothing is known. */
function percentile(secondsAt: readonly number[], share: number): number | null {
  const all = secondsAt.reduce((total, seconds) => total + seconds, 0);
  if (all === 0) return null;
  let below = 0;
  const found = secondsAt.findIndex((seconds) => {
    below += seconds;
    // Sums of fractions of a second do not come out even.
    return below >= share * all - 1e-9 * all;
  });
  return found < 0 ? secondsAt.length - 1 : found;
}

function plus(before: { seconds: number; sum: number }, value: number | null, seconds: number) {
  return value === null ? before : { seconds: before.seconds + seconds, sum: before.sum + value * seconds };
}

const mean = ({ seconds, sum }: { seconds: number; sum: number }) => (seconds === 0 ? null : sum / seconds);

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
