import { JOB_EVENTS, type JobEvent } from "../../config/notify-options.ts";

/** What was not told in quiet hours: how many of each. */
export type Held = Readonly<Record<"alerts" | JobEvent, number>>;

export const NOTHING_HELD: Held = {
  alerts: 0,
  "job-done": 0,
  "job-failed": 0,
  "job-out-of-memory": 0,
  "job-waiting": 0,
};

/** In the order in which they are told. */
export const HELD_KINDS = [...JOB_EVENTS, "alerts"] as const;

/**
 * True within these hours by the clock of this machine, over midnight too. Pure.
 * @param hours such as `22:00-07:00`
 */
export function isQuiet(hours: string | undefined, at: Date): boolean {
  if (hours === undefined) return false;
  const [from = 0, to = 0] = hours.split("-").map(minutesOf);
  const now = at.getHours() * 60 + at.getMinutes();
  return from < to ? now >= from && now < to : now >= from || now < to;
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}
