import type { Gpu } from "../../shared/gpu/gpu.ts";
import { difference, type Json } from "../../shared/protocol/json-diff.ts";
import type { CapacityState } from "../../shared/protocol/state.ts";
import type { View } from "../../shared/protocol/view.ts";
import type { PublishedTurn } from "../gateway/publisher.ts";
import type { GroupTimings } from "../timings.ts";
import type { Entry } from "./entry.ts";

/** Who this sidecar is to the others. */
export interface OwnHost {
  id: string;
  name: string;
  address: string;
  boot: string;
  bootAt: number;
}

/** This sidecar's turns on their way to the others. */
export interface OwnTurns {
  turn(told: PublishedTurn): void;
  /** Viewers are told everything anew, and so are the others. */
  anew(): void;
  /** A sign of life, where no turn has been due for an interval. */
  beat(): void;
  /** What was published may not have arrived: the next entry is a whole one. */
  lost(): void;
}

export interface OwnTurnsContext {
  own: OwnHost;
  gpus(): readonly Gpu[];
  capacity(): CapacityState;
  /** Takes an entry without waiting for anybody; false: it cannot. */
  send(entry: Entry): boolean;
  nowMs(): number;
  wallMs(): number;
  timings: Pick<GroupTimings, "wholeMs" | "capacityMs" | "beatMs">;
}

/** Publishes what viewers are told anyway: nothing is reckoned for the group but the difference of `capacity`. */
export function createOwnTurns({
  own,
  gpus,
  capacity,
  send,
  nowMs,
  wallMs,
  timings,
}: OwnTurnsContext): OwnTurns {
  let n = 0;
  let known: View | null = null;
  let needsWhole = true;
  let wholeAtMs = Number.NEGATIVE_INFINITY;
  let sentAtMs = Number.NEGATIVE_INFINITY;
  let toldCapacity: CapacityState | null = null;
  let capacityAtMs = Number.NEGATIVE_INFINITY;

  const head = () => {
    const { boot, bootAt, id: host } = own;
    return { v: 1 as const, host, boot, bootAt, n, at: wallMs() };
  };

  function sendTurn(sample: PublishedTurn["sample"], changes?: PublishedTurn["changes"]) {
    n++;
    sentAtMs = nowMs();
    const news = changes === undefined ? {} : { changes };
    const sent = send({ ...head(), kind: "turn", sample: sample === null ? null : [...sample], ...news });
    if (!sent) needsWhole = true;
  }

  /** Has it all kept as it is after the last turn. */
  function keepWhole(known: View): boolean {
    const { profiles: _, ...view } = known;
    const { name, address } = own;
    wholeAtMs = nowMs();
    const parts = { ...view, capacity: toldCapacity };
    return send({ ...head(), kind: "whole", name, address, gpus: [...gpus()], parts });
  }

  /** What was told so far does not count. The number left out tells those who have heard it to read what is kept. */
  function beginAnew(known: View, sample: PublishedTurn["sample"]) {
    n++;
    capacityAtMs = nowMs();
    toldCapacity = capacity();
    needsWhole = !keepWhole(known);
    if (!needsWhole) sendTurn(sample);
  }

  function keepIfDue(known: View) {
    if (!needsWhole && nowMs() - wholeAtMs >= timings.wholeMs) needsWhole = !keepWhole(known);
  }

  /** The difference of `capacity`, whose many figures move with every sample: seldom, but when another job may start. */
  function capacityChange(): { capacity?: Exclude<ReturnType<typeof difference>, undefined> } {
    const next = capacity();
    const isDue = nowMs() - capacityAtMs >= timings.capacityMs || next.canStart !== toldCapacity?.canStart;
    if (!isDue) return {};
    const change = difference(toldCapacity as Json, next);
    capacityAtMs = nowMs();
    toldCapacity = next;
    return change === undefined ? {} : { capacity: change };
  }

  return {
    turn({ sample, changes, known: view }) {
      known = view;
      if (needsWhole) return beginAnew(view, sample);
      const { profiles: _, title: __, ...parts } = changes ?? {};
      const all = { ...parts, ...capacityChange() };
      const isNews = Object.keys(all).length > 0;
      if (sample === null && !isNews) return;
      sendTurn(sample, isNews ? all : undefined);
      keepIfDue(view);
    },
    anew() {
      needsWhole = true;
      known = null;
    },
    beat() {
      if (known === null || nowMs() - sentAtMs < timings.beatMs) return;
      if (needsWhole) return beginAnew(known, null);
      sendTurn(null);
      keepIfDue(known);
    },
    lost() {
      needsWhole = true;
    },
  };
}
