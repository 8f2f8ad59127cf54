import type { Session, SessionFigures } from "./session.ts";

/** What of two sessions is set side by side. */
export const COMPARED = [
  "utilization",
  "p50",
  "p95",
  "peak",
  "seconds",
  "temperature",
  "highest",
  "energy",
] as const;
export type Compared = (typeof COMPARED)[number];

/**
 * One figure of a whole session, over its GPUs: durations are the longest, peaks and the highest temperature the
 * largest, energy the sum, the rest means. `null` as soon as one GPU's is not known. Pure.
 */
export function figureOf({ gpus }: Pick<Session, "gpus">, what: Compared): number | null {
  const of = (pick: (gpu: SessionFigures) => number | null) => {
    const values = gpus.map(pick);
    return values.length === 0 || values.includes(null) ? null : values.map(Number);
  };
  const mean = (values: number[] | null) =>
    values === null ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const most = (values: number[] | null) => (values === null ? null : Math.max(...values));
  switch (what) {
    case "utilization":
      return mean(of((gpu) => gpu.utilizationMeanPct));
    case "p50":
      return mean(of((gpu) => gpu.utilizationP50Pct));
    case "p95":
      return mean(of((gpu) => gpu.utilizationP95Pct));
    case "peak":
      return most(of((gpu) => gpu.memoryPeakMiB));
    case "seconds":
      return most(of((gpu) => gpu.seconds));
    case "temperature":
      return mean(of((gpu) => gpu.temperatureMeanC));
    case "highest":
      return most(of((gpu) => gpu.temperatureMaxC));
    case "energy": {
      const values = of((gpu) => gpu.energyWh);
      return values === null ? null : values.reduce((sum, value) => sum + value, 0);
    }
  }
}
