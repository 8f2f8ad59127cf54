/** The last value, and how much they rise from one to the next over the second half, by least squares. */
export function trendOf(values: readonly number[]): { last: number; perStep: number } {
  const half = values.slice(Math.floor(values.length / 2));
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length;
  const middle = (half.length - 1) / 2;
  let [above, below] = [0, 0];
  half.forEach((value, i) => {
    above += (i - middle) * (value - mean);
    below += (i - middle) ** 2;
  });
  return { last: values.at(-1) ?? Number.NaN, perStep: above / below };
}
