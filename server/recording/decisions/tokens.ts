/** First number of a segment: another one is of a sidecar that we do not know. */
export const VERSION = 1;

/** What follows in a segment. Numbers are in the order in which they are written; tokens are only ever added. */
export const TOKEN = {
  /** Samples that equal the one before: how many, and how many ticks apart. */
  same: 0,
  /** Ticks since the last input, the GPUs that changed (bits), and for each its figures that changed (bits) as differences. */
  sample: 1,
  /** Samples have so many GPUs from now on; nothing is known of their figures. */
  gpuCount: 2,
  /** Ticks, GPU, number of processes + 1 (0: no list), and each process. */
  processes: 3,
  /** Ticks, JSON. */
  note: 4,
} as const;

/** `null` is 0, so that a figure's code is a whole number. */
export const codeOf = (figure: number | null) => (figure === null ? 0 : figure + 1);
export const figureOf = (code: number) => (code === 0 ? null : code - 1);

/**
 * What the next code of a figure probably is: free VRAM falls by as much as used VRAM rises, everything else stays.
 * @param now codes of this sample that are known already
 */
export function expectedCode(field: number, before: readonly number[], now: readonly number[]): number {
  const [usedBefore = 0, freeBefore = 0] = before;
  const last = before[field] ?? 0;
  if (field !== 1 || usedBefore === 0 || freeBefore === 0 || !now[0]) return last;
  return Math.max(1, freeBefore - (now[0] - usedBefore));
}
