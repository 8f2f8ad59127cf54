/** A running job as the capacity of one GPU sees it. */
export interface RunningJob {
  /** Predicted peak on this GPU, MiB. */
  peakMiB: number;
  /** What it holds on this GPU now; `null`: that cannot be told apart. */
  heldMiB: number | null;
}

/**
 * What running jobs will still take on one GPU, MiB: the sum of `max(0, predicted peak − held now)`. Of a job whose
 * present share cannot be told nothing is taken off its peak. Pure.
 */
export function promisedMiB(running: readonly RunningJob[]): number {
  return running.reduce((sum, { peakMiB, heldMiB }) => sum + Math.max(0, peakMiB - (heldMiB ?? 0)), 0);
}
