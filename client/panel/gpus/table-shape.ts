/** Rows get lower the more there are, so that all of them are seen. */
export function heightOf(count: number): "mid" | "low" | undefined {
  if (count < 5) return undefined;
  return count < 9 ? "mid" : "low";
}

/** What stands side by side on wide screens, one below the other elsewhere. */
export function columnsOf<T>(rows: readonly T[]): T[][] {
  const half = Math.ceil(rows.length / 2);
  return rows.length === 1 ? [[...rows]] : [rows.slice(0, half), rows.slice(half)];
}
