/**
 * Jobs that may start over the shown GPUs, each needing `k` of them at once; `null` when no GPU's figure is known, else
 * GPUs that are not known count as none. n jobs on k GPUs each are possible exactly when Σ min(canStart, n) ≥ n·k: each
 * GPU serves a job at most once. For k = 1 that is the sum. Pure.
 */
export function totalCanStart(perGpu: readonly { canStart: number | null }[], k = 1): number | null {
  const rooms = perGpu.flatMap(({ canStart }) => (canStart === null ? [] : [canStart]));
  if (rooms.length === 0) return null;
  let n = Math.floor(rooms.reduce((all, room) => all + room, 0) / k);
  while (n > 0 && rooms.reduce((all, room) => all + Math.min(room, n), 0) < n * k) n--;
  return n;
}
