import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { ChartPoint } from "./buckets.ts";

/** As much of a GPU as its history needs. */
export type Card = Pick<Gpu, "uuid" | "index" | "memoryTotalMiB">;

export const METRICS = ["vram", "util", "temp"] as const;
export type Metric = (typeof METRICS)[number];

/** One GPU's part of the chart. All of them have their points at the same moments. */
export interface GpuSeries {
  index: number;
  totalGib: number | null;
  points: readonly ChartPoint[];
}

/** A moment of the chart: a figure a GPU, and between which figures it moved where there is one GPU. */
export interface SeriesPoint {
  tMs: number;
  values: (number | null)[];
  band: [number, number] | null;
  /** What is known of each GPU then. */
  told: ChartPoint[];
}

/** The GPUs of a chart as its points. VRAM in percent, so that unlike cards share an axis. Pure. */
export function seriesPoints(gpus: readonly GpuSeries[], metric: Metric): SeriesPoint[] {
  const [first] = gpus;
  if (first === undefined) return [];
  return first.points.map(({ tMs }, i) => {
    const told = gpus.flatMap(({ points }) => points[i] ?? []);
    const [only] = gpus.length === 1 ? told : [];
    return {
      tMs,
      values: told.map((point, g) => figureOf(point, metric, gpus[g]?.totalGib ?? null)),
      band: only === undefined ? null : bandOf(only, metric, first.totalGib),
      told,
    };
  });
}

function figureOf(point: ChartPoint, metric: Metric, totalGib: number | null): number | null {
  if (metric === "util") return point.utilizationPct;
  if (metric === "temp") return point.temperatureC;
  return point.vramGib === null || !totalGib ? null : (point.vramGib / totalGib) * 100;
}

function bandOf(point: ChartPoint, metric: Metric, totalGib: number | null): [number, number] | null {
  if (metric === "util") return point.utilizationBand ?? null;
  if (metric === "temp") return point.temperatureBand ?? null;
  const band = point.vramBand ?? null;
  return band === null || !totalGib ? null : [(band[0] / totalGib) * 100, (band[1] / totalGib) * 100];
}

/** Lowest, mean and highest of one GPU's figures; `null` where there is none. Pure. */
export function rangeOf(
  points: readonly SeriesPoint[],
  gpu: number,
): { min: number; mean: number; max: number } | null {
  const known = points.flatMap(({ values, band }) => {
    const value = values[gpu] ?? null;
    return value === null ? [] : [{ value, band }];
  });
  if (known.length === 0) return null;
  return {
    min: Math.min(...known.map(({ value, band }) => band?.[0] ?? value)),
    mean: known.reduce((sum, { value }) => sum + value, 0) / known.length,
    max: Math.max(...known.map(({ value, band }) => band?.[1] ?? value)),
  };
}

/** Names at the ends of the lines: those that would touch are told together. `share`: of the height, from above. Pure. */
export function endNames(
  points: readonly SeriesPoint[],
  indexes: readonly number[],
  heightPx: number,
): { share: number; indexes: number[] }[] {
  const last = points.at(-1)?.values ?? [];
  const ends = last
    .flatMap((value, i) => (value === null ? [] : [{ share: 1 - value / 100, index: indexes[i] ?? i }]))
    .sort((a, b) => a.share - b.share);
  const names: { share: number; indexes: number[] }[] = [];
  for (const { share, index } of ends) {
    const before = names.at(-1);
    if (before !== undefined && (share - before.share) * heightPx < NAME_PX) before.indexes.push(index);
    else names.push({ share, indexes: [index] });
  }
  for (const name of names) name.indexes.sort((a, b) => a - b);
  return names;
}

/** Height of a name. */
const NAME_PX = 15;
