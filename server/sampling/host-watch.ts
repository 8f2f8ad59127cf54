import { steadyMs } from "../lib/clock.ts";
import { type HostReading, readHost } from "./host.ts";

/** The host's figures, read anew where they are asked for and older than `freshMs`. */
export function createHostWatch(freshMs: number, nowMs = steadyMs): () => HostReading {
  let last: HostReading | undefined;
  return () => {
    const now = nowMs();
    if (last === undefined || now - last.figures.atMs >= freshMs) last = readHost(now);
    return last;
  };
}
