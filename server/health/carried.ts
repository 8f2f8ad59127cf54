import type { LoggedAlert } from "./alert-log.ts";

export type IndexOf = (uuid: string) => number | undefined;
type Keyed = readonly [key: string, alert: LoggedAlert];

/** Alerts that were open when the sidecar ended: what is found again soon is the alert of before. */
export interface Carried {
  /** The alert of before that has been found again; it is no longer carried. */
  take(key: string): LoggedAlert | undefined;
  /**
   * What is not found again is over, unless its GPU has not been seen since: one that is off the bus stays lost until it
   * is back.
   */
  drop(
    nowMs: number,
    active: ReadonlyMap<string, LoggedAlert>,
    indexOf: IndexOf,
  ): { over: Keyed[]; lost: Keyed[] };
  clear(): void;
}

/** @param untilMs so long it may be found again */
export function createCarried(open: readonly LoggedAlert[], untilMs: number): Carried {
  const carried = new Map(open.map((alert) => [keyOf(alert), alert]));
  /** Alerts of now whose GPU was lost before the start and has not been seen since. */
  const missing = new Set<string>();
  return {
    take(key) {
      const alert = carried.get(key);
      carried.delete(key);
      return alert;
    },
    drop(nowMs, active, indexOf) {
      const over: Keyed[] = [...active].filter(([key, alert]) => missing.has(key) && !isAway(alert, indexOf));
      for (const [key] of over) missing.delete(key);
      if (nowMs < untilMs) return { over, lost: [] };
      const lost: Keyed[] = [];
      for (const [key, alert] of [...carried]) {
        if (!isAway(alert, indexOf)) over.push([key, alert]);
        else if (alert.rule === "gpu-lost") {
          lost.push([key, alert]);
          missing.add(key);
        } else continue;
        carried.delete(key);
      }
      return { over, lost };
    },
    clear() {
      carried.clear();
      missing.clear();
    },
  };
}

export function keyOf({ rule, subject }: Pick<LoggedAlert, "rule" | "subject">): string {
  return `${rule} ${subject ?? ""}`;
}

function isAway({ subject }: LoggedAlert, indexOf: IndexOf): boolean {
  return subject !== null && indexOf(subject) === undefined;
}
