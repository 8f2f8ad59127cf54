/** Peaks of published and configured profiles: what a stranger is expected to take. */
const publishedMiB: readonly number[] = [];

/** Every constant of the rules in one place, so that the bench can switch a rule off by itself. Times are ms. */
export const POLICY = {
  /** Kept free on a GPU on which somebody runs. */
  reserveMiB: 256,
  /** A yes needs a process list of this sample; without it a list of up to `listAgeMs` will do. */
  freshList: true,
  /** A machine that has named no process for so long is taken for one that never does. */
  listAgeMs: 15_000,
  marginReported: 1.01,
  marginSampled: 1.04,
  marginPublished: 1.1,
  /** What an out-of-memory raises the figure by. */
  raise: 1.1,
  /** Who leaves while less than this share of its peak is free is suspected to have run out of memory. */
  suspectShare: 0.1,
  /** The margin is cut to what the empty card gives. */
  capMargin: true,
  /** Unknown sizes of a known model are reckoned from its known sizes. */
  nearest: true,
  /** Jobs of one class in one process are reckoned with what as many of them were seen to need together. */
  together: true,
  keptPeaks: 10,
  keptDurations: 5,
  /** Waiting this many mean durations makes a job reserve its GPUs; infinite: nobody ever does. */
  patience: 5,
  /** The same where nothing is known of the job: what its first run teaches is worth more than who passes it. */
  patienceUnknown: 0,
  /** Whoever fits starts; `false`: nobody passes the first. */
  passing: true,
  /** Turns between people instead of plain order of asking. */
  fair: true,
  /** The GPU with the least room that is enough; `false`: the one with the most. */
  bestFit: true,
  ttlMs: 60_000,
  ticketHoldMs: 15_000,
  ticketMatchMs: 20_000,
  askedMs: 15_000,
  publishedMiB,
  strangerMargin: 1.05,
  /** An idle process is promised nothing; `false` promises it its last peak. */
  idleHoldsOnly: true,
  aloneMiB: 1024,
  grewMiB: 64,
  grewUnlistedMiB: 200,
  busyPct: 10,
  /** Three samples, which may come a little early. */
  idleMs: 2800,
  idleUnlistedMs: 5000,
  flatMs: 15_000,
  /** Fallen below this share of its peak and flat: idle though the GPU computes. */
  fallenShare: 0.5,
  quietPct: 5,
  quietMs: 15_000,
  quietLowMs: 5000,
  /** Pids are believed: jobs are matched to processes by them. */
  usePids: true,
};

export type Policy = Readonly<typeof POLICY>;
