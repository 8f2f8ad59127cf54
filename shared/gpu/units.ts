/** MiB in one GiB. VRAM is always counted in MiB as nvidia-smi does; 1 GiB = 1024 MiB. */
export const MIB_PER_GIB = 1024;

/** MiB → GiB, not rounded. `null` (not reported) stays `null`. */
export function mibToGib(mib: number): number;
export function mibToGib(mib: number | null): number | null;
export function mibToGib(mib: number | null): number | null {
  return mib === null ? null : mib / MIB_PER_GIB;
}

/** Share of `part` in `whole` in percent, 0–100, or `null` where either is unknown or the whole is 0. */
export function percentOf(part: number | null, whole: number | null): number | null {
  if (part === null || whole === null || whole <= 0) return null;
  return Math.min(100, Math.max(0, (part / whole) * 100));
}

/** Percent as a whole number for people: rounded, but never 100 before it is full and never 0 when it is not empty. */
export function roundPercent(value: number): number {
  const rounded = Math.round(value);
  if (rounded === 100 && value < 100) return 99;
  return rounded === 0 && value > 0 ? 1 : rounded;
}
