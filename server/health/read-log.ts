import type { AlertLog, LoggedAlert } from "./alert-log.ts";

/** What the log of the last run says: alerts that were open when it ended, those that are over, and mutes by rule. */
export function readLog(log: Pick<AlertLog, "lines">): {
  open: LoggedAlert[];
  past: LoggedAlert[];
  mutes: Map<string, number>;
} {
  const mutes = new Map<string, number>();
  const known = new Map<string, LoggedAlert>();
  for (const line of log.lines()) {
    if ("mute" in line) mutes.set(line.mute.rule, line.mute.until);
    else {
      // Behind all others, so that the order is that of the last change.
      known.delete(line.alert.id);
      known.set(line.alert.id, line.alert);
    }
  }
  const all = [...known.values()];
  return {
    open: all.filter(({ endedAt }) => endedAt === null),
    past: all.filter(({ endedAt }) => endedAt !== null),
    mutes,
  };
}
