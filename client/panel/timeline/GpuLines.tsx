import type { LineDrawShapeProps } from "recharts";
import type { ChartFrame } from "./geometry.ts";
import { isSeriesPoint } from "./series-point.ts";

/** How many colours there are; then dashes begin. */
const COLOURS = 4;

interface GpuLinesProps {
  points: LineDrawShapeProps["points"];
  clipPath: string | undefined;
  /** How many GPUs there are. */
  count: number;
  frame: ChartFrame;
}

/**
 * The lines of all GPUs in place of one line of Recharts': one of its own for each GPU costs more than all the rest
 * of the chart, and measures itself whenever it is drawn, for an animation that there is none of.
 */
export function GpuLines({ points = [], clipPath, count, frame }: GpuLinesProps) {
  return Array.from({ length: count }, (_, gpu) => (
    <path
      // biome-ignore lint/suspicious/noArrayIndexKey: a GPU's place is what it is
      key={gpu}
      className={`gpu-line series-${gpu % COLOURS}${Math.floor(gpu / COLOURS) % 2 === 1 ? " dashed" : ""}`}
      fill="none"
      d={pathOf(points, gpu, frame)}
      clipPath={clipPath}
    />
  ));
}

/** From 0 to 100 from the bottom of the plot to its top; a moment without a figure breaks the line. */
function pathOf(points: NonNullable<LineDrawShapeProps["points"]>, gpu: number, frame: ChartFrame): string {
  const bottomPx = frame.height - frame.bottom;
  const pxEach = (bottomPx - frame.top) / 100;
  let isDown = false;
  let d = "";
  for (const point of points) {
    const payload: unknown = "payload" in point ? point.payload : null;
    const value = isSeriesPoint(payload) ? (payload.values[gpu] ?? null) : null;
    if (point.x === null || value === null) {
      isDown = false;
      continue;
    }
    d += `${isDown ? "L" : "M"}${point.x.toFixed(1)} ${(bottomPx - value * pxEach).toFixed(1)}`;
    isDown = true;
  }
  return d;
}
