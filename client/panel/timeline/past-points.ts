import { mibToGib } from "../../../shared/gpu/units.ts";
import type { GpuHistory } from "../../../shared/history/series.ts";
import type { ChartPoint } from "./buckets.ts";

/** One GPU's history as points of the chart: the mean, and between which figures it moved. Pure. */
export function pastPoints(
  {
    memoryUsedMiB,
    utilizationGpuPct,
    temperatureC,
  }: Pick<GpuHistory, "memoryUsedMiB" | "utilizationGpuPct" | "temperatureC">,
  fromMs: number,
  pointMs: number,
): ChartPoint[] {
  return memoryUsedMiB.mean.map((mean, i) => ({
    tMs: fromMs + (i + 0.5) * pointMs,
    vramGib: mibToGib(mean),
    utilizationPct: utilizationGpuPct.mean[i] ?? null,
    temperatureC: temperatureC.mean[i] ?? null,
    vramBand: rangeOf(mibToGib(memoryUsedMiB.min[i] ?? null), mibToGib(memoryUsedMiB.max[i] ?? null)),
    utilizationBand: rangeOf(utilizationGpuPct.min[i] ?? null, utilizationGpuPct.max[i] ?? null),
    temperatureBand: rangeOf(temperatureC.min[i] ?? null, temperatureC.max[i] ?? null),
  }));
}

function rangeOf(min: number | null, max: number | null): [number, number] | null {
  return min === null || max === null ? null : [min, max];
}
