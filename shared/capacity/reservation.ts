/**
 * What to reserve for a job: its peak and what that may be wrong by; the latter only as far as `mostMiB`, what the GPU
 * could give without jobs, for else a job that fits alone would never be admitted. MiB. Pure.
 */
export function reservationOf(
  { peakMiB, uncertaintyMiB }: { peakMiB: number; uncertaintyMiB: number },
  mostMiB: number = Number.POSITIVE_INFINITY,
): number {
  return Math.max(peakMiB, Math.min(peakMiB + uncertaintyMiB, Math.floor(mostMiB)));
}
