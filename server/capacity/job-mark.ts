/** A job that somebody marked: it runs, or has been admitted and is about to. */
export interface MarkedJob {
  id: string;
  profile: string | null;
  gpus: readonly number[];
  /** What is reserved for it on each of its GPUs, MiB. */
  peakMiB: number;
  pid: number | null;
  /** When it was admitted, by the samples' clock; left out: not known. */
  startedMs?: number;
  /** The process is one of several that might be its own: nothing is learned from it. */
  isGuess?: boolean;
}
