import type { SeriesPoint } from "./series.ts";

/** What Recharts hands back is one of the points it was given. */
export function isSeriesPoint(point: unknown): point is SeriesPoint {
  return typeof point === "object" && point !== null && "told" in point;
}
