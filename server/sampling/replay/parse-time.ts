/** In which order day and month stand where a file leaves that open: `03/04/2026`. */
export type DayOrder = "month-first" | "day-first";

const TIME = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([AP])\.?M\.?)?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[ T]+${TIME}$`, "i");
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})[ T,]+${TIME}$`, "i");
const ZONED = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Moment of a log line in epoch milliseconds, `null` where it is none. Takes nvidia-smi's own
 * `2026/01/02 03:04:05.678`, ISO 8601 with and without a zone, and dates with the year last as spreadsheets write them;
 * where those leave it open, dots mean day first and `order` decides for slashes. Without a zone it is local time. Pure
 * but for the time zone.
 */
export function parseTime(text: string, order: DayOrder = "month-first"): number | null {
  const trimmed = text.trim();
  if (ZONED.test(trimmed)) return finite(Date.parse(trimmed.replace(" ", "T")));
  const first = YEAR_FIRST.exec(trimmed);
  if (first !== null) {
    const [, year, month, day, ...clock] = first;
    return moment(Number(year), Number(month), Number(day), clock);
  }
  const last = YEAR_LAST.exec(trimmed);
  if (last === null) return null;
  const [, a, mark, b, year, ...clock] = last;
  const dayFirst = mark === "." || Number(a) > 12 || (order === "day-first" && Number(b) <= 12);
  return dayFirst
    ? moment(Number(year), Number(b), Number(a), clock)
    : moment(Number(year), Number(a), Number(b), clock);
}

/** What a date with the year last says of the order in its file, `null` when it says nothing. Pure. */
export function dayOrderOf(text: string): DayOrder | null {
  const match = YEAR_LAST.exec(text.trim());
  if (match === null || match[2] === ".") return null;
  if (Number(match[1]) > 12) return "day-first";
  return Number(match[3]) > 12 ? "month-first" : null;
}

function moment(
  year: number,
  month: number,
  day: number,
  clock: readonly (string | undefined)[],
): number | null {
  const [h, m, s = "0", fraction = "0", half] = clock;
  const hour = half === undefined ? Number(h) : (Number(h) % 12) + (half.toUpperCase() === "P" ? 12 : 0);
  const ms = Math.floor(Number(`0.${fraction}`) * 1000);
  const at = new Date(year, month - 1, day, hour, Number(m), Number(s), ms);
  // `new Date` turns the 30th of February into the 2nd of March.
  const isReal =
    at.getMonth() === month - 1 && at.getDate() === day && hour < 24 && Number(m) < 60 && Number(s) < 60;
  return isReal ? at.getTime() : null;
}

const finite = (ms: number) => (Number.isFinite(ms) ? ms : null);
