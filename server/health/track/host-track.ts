import type { Moment } from "../moment.ts";

/** What is remembered of the host from moment to moment. Immutable. */
export interface HostTrack {
  oomKills: number | null;
  /** Last time that the kernel killed a process for want of memory. */
  killedAtMs: number | null;
  periods: { atMs: number; throttled: number; all: number } | null;
  /** Share of its periods in which the container was held back, smoothed, percent; `null`: not known. */
  heldBackPct: number | null;
}

export const NEW_HOST: HostTrack = { oomKills: null, killedAtMs: null, periods: null, heldBackPct: null };

/** Share of a new reading in the smoothed one. */
const NEW_SHARE = 0.5;

/** The track after one more moment. Pure. */
export function followHost(track: HostTrack, { nowMs, host }: Moment): HostTrack {
  const { oomKills, cpuPeriods, atMs } = host;
  const killed = oomKills !== null && track.oomKills !== null && oomKills > track.oomKills;
  return {
    oomKills: oomKills ?? track.oomKills,
    killedAtMs: killed ? nowMs : track.killedAtMs,
    ...heldBack(track, cpuPeriods === null ? null : { atMs, ...cpuPeriods }),
  };
}

function heldBack(
  { periods, heldBackPct }: HostTrack,
  now: HostTrack["periods"],
): Pick<HostTrack, "periods" | "heldBackPct"> {
  if (now === null) return { periods: null, heldBackPct: null };
  // Nothing was read since.
  if (periods !== null && now.atMs === periods.atMs) return { periods, heldBackPct };
  if (periods === null || now.all < periods.all) return { periods: now, heldBackPct };
  const ran = now.all - periods.all;
  // Periods count while something wants to run.
  const pct = ran === 0 ? 0 : (100 * (now.throttled - periods.throttled)) / ran;
  return {
    periods: now,
    heldBackPct: heldBackPct === null ? pct : heldBackPct + NEW_SHARE * (pct - heldBackPct),
  };
}
