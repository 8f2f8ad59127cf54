/** Where the chart's plot lies within it, CSS pixels: the marks are laid over it without asking the chart. */
export const CHART_HEIGHT = 200;
export const PLOT = { top: 8, right: 48, bottom: 30, left: 58 } as const;
export const PLOT_HEIGHT = CHART_HEIGHT - PLOT.top - PLOT.bottom;

/** What the VRAM axis ends with, GiB: the GPU's total, or the highest value there is; a multiple of 4. */
export function topOf(totalGib: number | null, points: readonly { vramGib: number | null }[]): number {
  const highest = totalGib ?? Math.max(1, ...points.map(({ vramGib }) => vramGib ?? 0));
  return Math.ceil(highest / 4) * 4;
}
