/** The chart's horizontal axis, in the milliseconds of its points. */
export interface TimeAxis {
  from: number;
  to: number;
  ticks: number[];
  tick(tMs: number): string;
  /** The moment of a point, more exactly than a tick. */
  moment(tMs: number): string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NARROW_PX = 480;
const SECONDS = { second: "2-digit" } as const;

/** Clock and calendar of the viewer, for epoch milliseconds. */
export function clockAxis(from: number, to: number, width: number, language: string): TimeAxis {
  const lengthMs = to - from;
  const isDays = lengthMs > 1.5 * DAY_MS;
  const isMinute = lengthMs < 2 * MINUTE_MS;
  return {
    from,
    to,
    ticks: roundTimes(from, to, width < NARROW_PX ? 3 : 8),
    tick: teller(language, isDays ? "date" : isMinute ? "second" : "minute"),
    moment: teller(language, lengthMs <= HOUR_MS / 2 ? "date and second" : "date and minute"),
  };
}

const DATE = { month: "short", day: "numeric" } as const;
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const FORMATS = {
  date: DATE,
  minute: MINUTE,
  second: { ...MINUTE, ...SECONDS },
  "date and minute": { ...DATE, ...MINUTE },
  "date and second": { ...DATE, ...MINUTE, ...SECONDS },
} as const;
const tellers = new Map<string, (tMs: number) => string>();

/** Made once for each language: to make one costs more than to tell a hundred times with it. */
function teller(language: string, as: keyof typeof FORMATS): (tMs: number) => string {
  const name = `${language} ${as}`;
  const made = tellers.get(name);
  if (made !== undefined) return made;
  const format = new Intl.DateTimeFormat(language, FORMATS[as]);
  const tell = (tMs: number) => format.format(tMs);
  tellers.set(name, tell);
  return tell;
}

const HOUR_MS = 60 * MINUTE_MS;
const STEPS_MS = [
  10_000,
  30_000,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  20 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  5 * DAY_MS,
  15 * DAY_MS,
];

/** Full hours and midnights of the viewer's clock, at most `most`. */
function roundTimes(from: number, to: number, most: number): number[] {
  const step = STEPS_MS.find((ms) => (to - from) / ms <= most) ?? to - from;
  const offsetMs = new Date(to).getTimezoneOffset() * MINUTE_MS;
  const first = Math.ceil((from - offsetMs) / step) * step + offsetMs;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}
