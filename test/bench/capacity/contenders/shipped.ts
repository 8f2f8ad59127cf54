import { askRoom, beat, declare, end, step, type Turn } from "../../../../server/capacity/capacity.ts";
import {
  type CapacityState,
  EMPTY_STATE,
  type GpuEvidence,
  type JobAsk,
  type ProcessList,
  type RunningJob,
} from "../../../../server/capacity/model.ts";
import type { Policy } from "../../../../server/capacity/policy.ts";
import { advance } from "../../../../server/handover/advance.ts";
import { fromCapacity } from "../../../../server/handover/from-capacity.ts";
import { NO_HANDOVER, NO_STATE } from "../../../../server/handover/model.ts";
import { noteAct } from "../../../../server/handover/see.ts";
import type { Contender, View, Wanted } from "../contender.ts";

export interface Shipped extends Contender {
  state(): CapacityState;
  policy: Policy;
}

export interface ShippedSettings {
  policy: Policy;
  /** Jobs are declared; else everybody asks through the API with the intent to start. */
  declared: boolean;
  /** The driver names no process. */
  hidden: boolean;
  /** Askers whose pid proves nothing when it is gone. */
  remote: ReadonlySet<string>;
  /** Backends that may be asked to leave for a waiting job, and how one is. */
  mayLeave?: ReadonlySet<string>;
  onRelease?: (pid: number) => void;
}

/** A list comes with every second sample, and seldom when nothing happens. */
const LIST_EVERY_S = 2;
/** Where no fresh one is asked for before a yes. */
const STALE_LIST_EVERY_S = 5;
const QUIET_LIST_EVERY_S = 10;
const TTL_MS = 20_000;
const BEAT_MS = 5000;

/** The shipped step(), driven as the sidecar drives it. */
export function createShipped({
  policy,
  declared,
  hidden,
  remote,
  mayLeave = new Set(),
  onRelease,
}: ShippedSettings): Shipped {
  let state = EMPTY_STATE;
  let handover = NO_STATE;
  const settings = { ...NO_HANDOVER, onRequest: mayLeave };
  let rate: "full" | "quiet" = "full";
  let listedMs = 0;
  const started = new Map<string, readonly number[]>();
  /** Figures by job: they outlive a ticket that its process has taken. */
  const figures = new Map<string, { mib: number; isMeasured: boolean }>();
  const seen = new Set<number>();

  function take(view: View, withList: boolean): boolean {
    const lists = withList && !hidden ? view.list() : null;
    if (lists !== null) listedMs = view.nowMs;
    const gpus = view.gpus.map((sample): GpuEvidence => {
      const processes = lists?.[sample.index];
      const list: ProcessList =
        hidden || (withList && processes === undefined)
          ? { kind: "hidden" }
          : processes === undefined
            ? { kind: "not-read" }
            : { kind: "fresh", processes };
      return { ...sample, list };
    });
    const turn = step(state, { nowMs: view.nowMs, gpus, words: view.words }, policy);
    state = turn.state;
    rate = turn.rate;
    for (const job of turn.started) note(job);
    if (mayLeave.size > 0) handOver(view, turn);
    return turn.wantsList;
  }

  function handOver({ nowMs, words }: View, turn: Turn): void {
    const around = { labelOf: (id: string) => id, askedFrom: () => null };
    const capacity = fromCapacity(state, turn.demands, policy, around);
    const backends = [...mayLeave].map((id) => {
      const busy = words.find(({ backend }) => backend === id)?.busy ?? null;
      return { id, busy, gaveWay: false, canRelease: true, canLoad: false, parks: false };
    });
    const seen = { ...capacity, backends, hottestC: null, held: false, underWay: false };
    const { state: next, decision } = advance(handover, seen, settings, nowMs);
    handover = decision.do === "nothing" ? next : noteAct(next, decision, nowMs);
    if (decision.do !== "release") return;
    for (const one of capacity.residents) if (one.backend === decision.backend) onRelease?.(one.pid);
  }

  function note({ id, gpus, figureMiB, basis }: RunningJob): void {
    started.set(id, gpus);
    figures.set(id, { mib: figureMiB, isMeasured: basis === "measured" });
  }

  return {
    looks: !declared,
    isTold: declared,
    policy,
    state: () => state,
    second: (view) => {
      // The edge ends jobs whose process it has seen alive and that is gone, where the asker is local.
      for (const { id, pid, asker, startedMs } of state.running) {
        if (pid === null || remote.has(asker)) continue;
        if (view.isAlive(pid)) seen.add(pid);
        else if (seen.has(pid) && view.nowMs > startedMs)
          state = end(state, id, { outcome: "other", reportedMiB: null }, view.nowMs, policy);
      }
      const often = policy.freshList ? LIST_EVERY_S : STALE_LIST_EVERY_S;
      const every = rate === "full" ? often : QUIET_LIST_EVERY_S;
      const wants = take(view, view.nowMs - listedMs >= every * 1000);
      if (wants) take(view, true);
    },
    asked: (wanted, nowMs) => {
      if (declared) state = declare(state, askOf(wanted), { ttlMs: TTL_MS }, nowMs, policy).state;
    },
    place: (wanted, view) => {
      if (declared) {
        const gpus = started.get(wanted.id) ?? null;
        started.delete(wanted.id);
        if (gpus === null && view.nowMs % BEAT_MS === 0) state = beat(state, wanted.id, view.nowMs);
        return gpus;
      }
      if (policy.freshList) take(view, true);
      const { state: after, answer } = askRoom(state, askOf(wanted), view.nowMs, policy);
      state = after;
      if (answer.kind !== "yes") return null;
      figures.set(wanted.id, { mib: answer.figureMiB, isMeasured: answer.basis === "measured" });
      return answer.gpus;
    },
    beat: (id, nowMs) => {
      state = beat(state, id, nowMs);
    },
    ended: (id, { outcome, reportedMiB }, nowMs) => {
      state = end(state, id, { outcome, reportedMiB }, nowMs, policy);
    },
    figureOf: (id) => figures.get(id) ?? null,
  };
}

function askOf({ id, asker, jobClass, gpuCount, on, pid, backend }: Wanted): JobAsk {
  return { id, asker, jobClass, gpuCount, on, pid, backend };
}
