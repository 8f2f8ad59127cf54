import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { type Ask, eventSchema, type HostEvent } from "./asks.ts";
import { type Finished, vramTimeOf } from "./replay.ts";

export type OutOfMemory = "bookkeeping" | "first" | "measured";

export function eventsOf(folder: string): HostEvent[] {
  const text = readFileSync(join(folder, "events.jsonl"), "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [v.parse(eventSchema, JSON.parse(line))]));
}

/** What the hosts really finished. */
export function finishedOf(asks: readonly Ask[], events: readonly HostEvent[]): Finished {
  const peaks = new Map(asks.map(({ id, curve }) => [id, curve.peakMiB]));
  const ends = events.flatMap((one) => (one.event === "end" ? [one] : []));
  const vramTime = ends.reduce((sum, { job, seconds }) => sum + vramTimeOf(peaks.get(job) ?? 0, seconds), 0);
  return { jobs: ends.length, vramTime };
}

/**
 * Whose fault it was, as the capacity bench tells it: where the jobs held what was reckoned with them, the bookkeeping's.
 * A program that runs a job of which the sidecar knows nothing has no figure that could be too low.
 */
export function kindOfFailure(
  failure: Extract<HostEvent, { event: "out-of-memory" }>,
  measured: (label: string) => boolean,
): OutOfMemory {
  let [tooMuch, isFirst] = [0, false];
  for (const [pid, { mib, jobs }] of Object.entries(failure.held)) {
    const holds = Number(pid) === failure.pid ? failure.wanted : mib;
    const known = failure.known.filter((job) => job.pid === Number(pid));
    if (jobs.length === 0 || known.length < jobs.length) continue;
    const over = Math.max(0, holds - known.reduce((sum, { peakMiB }) => sum + peakMiB, 0));
    tooMuch += over;
    if (over > 0 && known.some(({ label }) => !measured(label))) isFirst = true;
  }
  return tooMuch < failure.missing ? "bookkeeping" : isFirst ? "first" : "measured";
}
