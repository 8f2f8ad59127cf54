/** Height of the chart, and where its plot lies within it, CSS pixels. */
export interface ChartFrame {
  height: number;
  top: number;
  right: number;
  bottom: number;
  left: number;
}

const frameOf = (height: number): ChartFrame => ({ height, top: 8, right: 52, bottom: 22, left: 44 });
const HIGH = frameOf(300);
const MIDDLE = frameOf(260);
const LOW = frameOf(200);

/**
 * The marks are laid over the plot without asking the chart. Few GPUs leave room for a higher one. The same object
 * for as many GPUs, by which the chart sees that nothing has moved.
 */
export function frameFor(gpus: number): ChartFrame {
  return gpus <= 2 ? HIGH : gpus <= 4 ? MIDDLE : LOW;
}
