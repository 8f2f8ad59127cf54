import { type HostReading, readHost } from "./host.ts";

/** How old the figures of the host may become, milliseconds. */
const FRESH_MS = 5000;

/** The host's figures, read anew where they are asked for and older than five seconds. */
export function createHostWatch(nowMs = () => performance.now()): () => HostReading {
  let last: HostReading | undefined;
  return () => {
    const now = nowMs();
    if (last === undefined || now - last.figures.atMs >= FRESH_MS) last = readHost(now);
    return last;
  };
}
