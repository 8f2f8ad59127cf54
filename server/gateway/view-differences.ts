import type { Changes } from "../../shared/protocol/events.ts";
import { difference } from "../../shared/protocol/json-diff.ts";
import { VIEW_PARTS, type View } from "../../shared/protocol/view.ts";
import type { PanelTimings } from "../timings.ts";
import { heldBack } from "./hold-back.ts";

/** What everybody has been told, and what has changed since. */
export interface ViewDifferences {
  /** The view that everybody has been told; `null` before the first. */
  known(): View | null;
  /** What changed; `undefined`: nothing that a viewer could see. @param all nothing is held back */
  next(all: boolean): Changes | undefined;
  /** Everybody is told this view. */
  restart(view: View): void;
}

export function createViewDifferences({
  view,
  nowMs,
  timings,
}: {
  view(): View;
  nowMs(): number;
  timings: Pick<PanelTimings, "detailsIntervalMs" | "capacityIntervalMs" | "hostIntervalMs">;
}): ViewDifferences {
  const { detailsIntervalMs, capacityIntervalMs, hostIntervalMs } = timings;
  let known: View | null = null;
  const sentAtMs = { details: -detailsIntervalMs, capacity: -capacityIntervalMs, host: -hostIntervalMs };
  return {
    known: () => known,
    restart(now) {
      known = now;
    },
    next(all) {
      const now = view();
      const before = known;
      const atMs = nowMs();
      const due = {
        details: atMs - sentAtMs.details >= detailsIntervalMs,
        capacity: atMs - sentAtMs.capacity >= capacityIntervalMs,
        host: atMs - sentAtMs.host >= hostIntervalMs,
      };
      const next = before === null || all ? now : heldBack(before, now, due);
      known = next;
      const changes = before === null ? undefined : changesOf(before, next);
      if (changes?.details !== undefined || changes?.processMiB !== undefined) sentAtMs.details = atMs;
      if (changes?.promises !== undefined || changes?.runs !== undefined) sentAtMs.capacity = atMs;
      if (changes?.host !== undefined) sentAtMs.host = atMs;
      return changes;
    },
  };
}

function changesOf(before: View, after: View): Changes | undefined {
  const parts = VIEW_PARTS.flatMap((part) => {
    const change = difference(before[part], after[part]);
    return change === undefined ? [] : [[part, change] as const];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}
