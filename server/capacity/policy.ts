/** Every constant of the rules in one place, so that the bench can switch a rule off by itself. Times are ms. */
export interface Policy {
  /** Kept free on a GPU on which somebody runs. */
  reserveMiB: number;
  /** A yes needs a process list of this sample; without it a list of up to `listAgeMs` will do. */
  freshList: boolean;
  /** A machine that has named no process for so long is taken for one that never does. */
  listAgeMs: number;
  marginReported: number;
  marginSampled: number;
  marginPublished: number;
  /** What an out-of-memory raises the figure by. */
  raise: number;
  /** The margin is cut to what the empty card gives. */
  capMargin: boolean;
  /** Unknown sizes of a known model are reckoned from its known sizes. */
  nearest: boolean;
  keptPeaks: number;
  keptDurations: number;
  /** Waiting this many mean durations makes a job reserve its GPUs; infinite: nobody ever does. */
  patience: number;
  /** `passing`: whoever fits starts; `fifo`: nobody passes the first. */
  order: "passing" | "fifo";
  /** Turns between people instead of plain order of asking. */
  fair: boolean;
  /** `best`: the GPU with the least room that is enough; `worst`: the one with the most. */
  placement: "best" | "worst";
  /** Backends that may be asked to release for a waiting job. */
  releaseOnRequest: ReadonlySet<string>;
  releaseIdleMs: number;
  releaseAgainMs: number;
  ttlMs: number;
  ticketHoldMs: number;
  ticketMatchMs: number;
  askedMs: number;
  /** Peaks of published and configured profiles: what a stranger is expected to take. */
  publishedMiB: readonly number[];
  strangerMargin: number;
  /** An idle process is promised nothing; `false` promises it its last peak. */
  idleHoldsOnly: boolean;
  aloneMiB: number;
  grewMiB: number;
  grewUnlistedMiB: number;
  busyPct: number;
  idleMs: number;
  idleUnlistedMs: number;
  flatMs: number;
  /** Fallen below this share of its peak and flat: idle though the GPU computes. */
  fallenShare: number;
  /** A ticketed job that has not reached this share of its figure is not over at the first pause. */
  reachedShare: number;
  quietPct: number;
  quietMs: number;
  quietLowMs: number;
  /** Pids are believed: jobs are matched to processes by them. */
  usePids: boolean;
}

export const POLICY: Policy = {
  reserveMiB: 256,
  freshList: true,
  listAgeMs: 15_000,
  marginReported: 1.01,
  marginSampled: 1.04,
  marginPublished: 1.1,
  raise: 1.1,
  capMargin: true,
  nearest: true,
  keptPeaks: 10,
  keptDurations: 5,
  patience: 5,
  order: "passing",
  fair: true,
  placement: "best",
  releaseOnRequest: new Set(),
  releaseIdleMs: 30_000,
  releaseAgainMs: 30_000,
  ttlMs: 60_000,
  ticketHoldMs: 15_000,
  ticketMatchMs: 20_000,
  askedMs: 15_000,
  publishedMiB: [],
  strangerMargin: 1.05,
  idleHoldsOnly: true,
  aloneMiB: 1024,
  grewMiB: 64,
  grewUnlistedMiB: 200,
  busyPct: 10,
  idleMs: 3000,
  idleUnlistedMs: 5000,
  flatMs: 15_000,
  fallenShare: 0.5,
  reachedShare: 0.8,
  quietPct: 5,
  quietMs: 15_000,
  quietLowMs: 5000,
  usePids: true,
};
