/** Waiting time before attempt `attempt` (0 = first retry): doubles from `firstMs` up to `mostMs`. Pure. */
export function backoffMs(attempt: number, firstMs: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30));
}
