/** Height of the chart, and where its plot lies within it, CSS pixels. */
export interface ChartFrame {
  height: number;
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** The marks are laid over the plot without asking the chart. Few GPUs leave room for a higher one. */
export function frameFor(gpus: number): ChartFrame {
  const height = gpus <= 2 ? 300 : gpus <= 4 ? 260 : 200;
  return { height, top: 8, right: 52, bottom: 22, left: 44 };
}
