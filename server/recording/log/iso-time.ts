/**
 * Local time with its offset from UTC, `2026-11-21T14:05:09.042+08:00`: people read the hour of their wall, and the
 * hour that comes twice in autumn can still be told apart. Pure but for the time zone.
 */
export function isoTime(atMs: number): string {
  const at = new Date(atMs);
  const minutes = -at.getTimezoneOffset();
  const local = new Date(atMs + minutes * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(minutes);
  return `${local}${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Local day, `2026-11-21`. */
export function isoDay(atMs: number): string {
  return isoTime(atMs).slice(0, 10);
}

const two = (n: number) => String(n).padStart(2, "0");
