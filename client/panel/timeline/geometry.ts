/** Height of the chart, and where its plot lies within it, CSS pixels. */
export interface ChartFrame {
  height: number;
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** The marks are laid over the plot without asking the chart; `timeline-marks.css` has the same figures. */
export const CHART_FRAME: ChartFrame = { height: 200, top: 8, right: 48, bottom: 30, left: 58 };

/** What the VRAM axis ends with, GiB: the GPU's total, or the highest value there is; a multiple of 4. */
export function topOf(totalGib: number | null, points: readonly { vramGib: number | null }[]): number {
  const highest = totalGib ?? Math.max(1, ...points.map(({ vramGib }) => vramGib ?? 0));
  return Math.ceil(highest / 4) * 4;
}
