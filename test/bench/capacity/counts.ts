/** Events of two sorts of people, each over so many starts, and what they prove of the ratio of the rates. */
export interface Comparison {
  ours: Count;
  theirs: Count;
  /** Our rate as a share of theirs, and the 95 % interval of it (exact, Clopper and Pearson's). */
  ratio: number;
  interval: readonly [low: number, high: number];
  /** How likely so many of all events or more would be ours, were the rates the same (exact, one-sided). */
  chance: number;
}

export interface Count {
  events: number;
  starts: number;
}

/** Below it an excess is called one. */
export const LEVEL = 0.05;

/**
 * Two rates of rare events: given how many there were in all, how many are ours is binomial with our share of the starts,
 * were the rates the same (Przyborowski and Wilenski 1940).
 */
export function compare(ours: Count, theirs: Count): Comparison {
  const all = ours.events + theirs.events;
  const share = ours.starts / (ours.starts + theirs.starts);
  const rate = ({ events, starts }: Count) => events / Math.max(1, starts);
  const asRatio = (p: number) => (p / (1 - p)) * (theirs.starts / ours.starts);
  const low = ours.events === 0 ? 0 : solve((p) => atLeast(ours.events, all, p) - 0.025);
  const high = ours.events === all ? 1 : solve((p) => atLeast(ours.events + 1, all, p) - 0.975);
  return {
    ours,
    theirs,
    ratio: rate(ours) / rate(theirs),
    interval: [asRatio(low), asRatio(high)],
    chance: atLeast(ours.events, all, share),
  };
}

/** The least ratio of the rates at which so many events in all would show an excess in four of five tries. */
export function detectable({ ours, theirs }: Comparison): number {
  const all = ours.events + theirs.events;
  const shareAt = (ratio: number) => (ratio * ours.starts) / (ratio * ours.starts + theirs.starts);
  let least = 0;
  while (least <= all && atLeast(least, all, shareAt(1)) >= LEVEL) least++;
  for (let ratio = 1; ratio < 100; ratio += 0.01)
    if (atLeast(least, all, shareAt(ratio)) >= 0.8) return ratio;
  return Number.POSITIVE_INFINITY;
}

/** P(X ≥ k) of a binomial. */
export function atLeast(k: number, n: number, p: number): number {
  let sum = 0;
  let logChoose = 0;
  for (let i = 0; i <= n; i++) {
    if (i > 0) logChoose += Math.log(n - i + 1) - Math.log(i);
    if (i >= k) sum += Math.exp(logChoose + i * Math.log(p) + (n - i) * Math.log(1 - p));
  }
  return Math.min(1, sum);
}

/** Where a function that rises between 0 and 1 is zero. */
function solve(of: (p: number) => number): number {
  let from = 1e-12;
  let to = 1 - from;
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (of(middle) < 0) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
