/** Enough ticks of many GPUs to know how quickly a row comes. */
const ROWS_KEPT = 64;
/** Later than this no row comes: a clock was set. */
const OLDEST_MS = 60_000;
/** By more than that in one row the clocks of this machine part only where one of them is set. */
const SET_MS = 250;
/** A machine behind `ssh` may have a clock of its own; further off than this it tells no age by itself. */
const NEAR_MS = 2000;
/** Time zones differ by whole quarters of an hour. */
const QUARTER_MS = 15 * 60_000;

/**
 * How long ago a row was measured, by the time that nvidia-smi has written into it.
 * - The age by the wall clock counts while it is small.
 * - Else a row is as old as it is later than the quickest of the last ones, whatever clock it goes by.
 *
 * @param stampMs the row's time, in whatever time zone; `null`: none, so the age is not known and taken for 0
 */
export type RowAge = (stampMs: number | null, steadyMs: number, wallMs: number) => number;

export function createRowAge(): RowAge {
  let leads: number[] = [];
  let apartBefore: number | null = null;
  return (stampMs, steadyMs, wallMs) => {
    if (stampMs === null) return 0;
    const lead = steadyMs - stampMs;
    const apart = wallMs - steadyMs;
    const isSet = apartBefore !== null && Math.abs(apart - apartBefore) > SET_MS;
    apartBefore = apart;
    // By a clock that was put back by seconds every row would be as late as that, while the rows before are remembered.
    if (isSet || lead - Math.min(...leads) > OLDEST_MS) leads = [];
    leads = [...leads.slice(1 - ROWS_KEPT), lead];
    const laterMs = lead - Math.min(...leads);
    const apartMs = (((wallMs - stampMs) % QUARTER_MS) + QUARTER_MS) % QUARTER_MS;
    return apartMs <= NEAR_MS ? Math.max(apartMs, laterMs) : laterMs;
  };
}

/** `2026/01/02 03:04:05.678` as if it were UTC, in epoch milliseconds; `null` where it is no such time. Pure. */
export function parseStamp(cell: string | undefined): number | null {
  const digits = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})$/.exec(cell ?? "");
  if (digits === null) return null;
  const [year = 0, month = 1, ...rest] = digits.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}
