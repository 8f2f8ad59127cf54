/** A seeded source of random numbers (mulberry32). */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  between(low: number, high: number): number;
  /** Exponential with this mean. */
  wait(mean: number): number;
  /** Bell-shaped with mean 0 and deviation 1, cut off at 3. */
  bell(): number;
  /** A source of its own, so that what one part draws changes nothing for the others. */
  fork(salt: number): Random;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    bell: () => {
      const far = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return Math.max(-3, Math.min(3, far));
    },
    wait: (mean) => -mean * Math.log(1 - next()),
    fork: (salt) => createRandom(Math.imul(seed ^ 0x9e3779b9, 2_654_435_761) ^ Math.imul(salt + 1, 40_503)),
  };
}
