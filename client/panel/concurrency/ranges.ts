/** 0, 1, 2, 5 → "0–2, 5". Pure. */
export function rangesOf(indexes: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last !== undefined && index === last[1] + 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .flatMap(([from, to]) =>
      from === to ? [`${from}`] : to === from + 1 ? [`${from}`, `${to}`] : [`${from}–${to}`],
    )
    .join(", ");
}
