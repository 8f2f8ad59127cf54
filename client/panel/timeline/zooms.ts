const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** One stretch that the timeline can show: `n` of `unit`, up to now. */
export interface Zoom {
  n: number;
  unit: "minutes" | "hours" | "days";
  windowMs: number;
}

const minutes = (n: number): Zoom => ({ n, unit: "minutes", windowMs: n * MINUTE_MS });
const hours = (n: number): Zoom => ({ n, unit: "hours", windowMs: n * HOUR_MS });

/** Drawn from the samples that the panel has. */
export const LIVE_ZOOMS: readonly Zoom[] = [minutes(1), minutes(5), minutes(15)];
/** Asked of the sidecar. */
export const PAST_ZOOMS: readonly Zoom[] = [
  hours(1),
  hours(6),
  hours(24),
  { n: 7, unit: "days", windowMs: 7 * DAY_MS },
  { n: 30, unit: "days", windowMs: 30 * DAY_MS },
];

/** Beyond this jobs would be slivers. */
export const LONGEST_WITH_JOBS_MS = 6 * HOUR_MS;

/** The shortest zoom that shows a stretch of this length; the longest where none does. Pure. */
export function zoomFor(lengthMs: number): Zoom {
  const all = [...LIVE_ZOOMS, ...PAST_ZOOMS];
  return all.find(({ windowMs }) => windowMs >= lengthMs) ?? all[all.length - 1] ?? minutes(15);
}
