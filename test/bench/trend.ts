/** How values rise over the second half, by least squares: `error` is the slope's standard error, both for each step. */
export interface Trend {
  last: number;
  perStep: number;
  error: number;
}

/** @param places where each value stands; without them they stand one step apart */
export function trendOf(values: readonly number[], places?: readonly number[]): Trend {
  const from = Math.floor(values.length / 2);
  const points = values.slice(from).map((y, i) => ({ x: places?.[from + i] ?? i, y }));
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [middle, height] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = points.reduce((sum, { x }) => sum + (x - middle) ** 2, 0);
  const perStep = points.reduce((sum, { x, y }) => sum + (x - middle) * (y - height), 0) / spread;
  const left = points.reduce((sum, { x, y }) => sum + (y - height - perStep * (x - middle)) ** 2, 0);
  const error = Math.sqrt(left / (points.length - 2) / spread);
  return { last: values.at(-1) ?? Number.NaN, perStep, error };
}
