import { advance } from "../../../../server/handover/advance.ts";
import {
  type BackendSeen,
  type Decision,
  type HandoverSettings,
  type HandoverState,
  type Lack,
  NO_HANDOVER,
  NO_STATE,
  type Seen,
} from "../../../../server/handover/model.ts";
import { noteAct } from "../../../../server/handover/see.ts";

export const T0 = 1_000_000;

/** A 24 GB card on which nothing happens. */
export const QUIET: Seen = {
  backends: [],
  residents: [],
  lacks: [],
  gpus: [{ gpu: 0, freeMiB: 24_000, shortMiB: 0 }],
  othersWork: false,
  runningIn: [],
  hottestC: 60,
  held: false,
  underWay: false,
};

export const backend = (id: string, more: Partial<BackendSeen> = {}): BackendSeen => ({
  ...{ id, busy: false, gaveWay: false, canRelease: true, canLoad: false, parks: false },
  ...more,
});

/** Backends with what they hold of GPU 0; the rest of 24,000 MiB is free. */
export function card(who: readonly (BackendSeen & { mib: number })[], more: Partial<Seen> = {}): Seen {
  const heldMiB = who.reduce((sum, { mib }) => sum + mib, 0);
  return {
    ...QUIET,
    backends: who.map(({ mib: _, ...one }) => one),
    residents: who.flatMap(({ id, mib, busy }, i) =>
      mib === 0
        ? []
        : [{ gpu: 0, pid: 10 + i, backend: id, heldMiB: mib, idleSinceMs: busy === false ? T0 : null }],
    ),
    gpus: [{ gpu: 0, freeMiB: 24_000 - heldMiB, shortMiB: 0 }],
    ...more,
  };
}

export const holds = (id: string, mib: number, more: Partial<BackendSeen> = {}) => ({
  ...backend(id, more),
  mib,
});

export const lack = (mib: number, more: Partial<Lack> = {}): Lack => ({
  ...{ jobId: "job", label: "clip", askedMs: T0, pid: null, backend: null, from: null, gpuCount: 1 },
  missing: [{ gpu: 0, mib }],
  ...more,
});

export const settingsOf = (more: Partial<HandoverSettings>): HandoverSettings => ({
  ...NO_HANDOVER,
  ...more,
});

export interface At {
  state: HandoverState;
  nowMs: number;
  decision: Decision;
  /** Every act so far, with the second in which it was decided. */
  acts: readonly string[];
}

export const START: At = {
  ...{ state: NO_STATE, nowMs: T0, decision: { do: "nothing", next: null } },
  acts: [],
};

/** So many seconds of the same moment; the sidecar notes each act when it begins. */
export function pass(from: At, seconds: number, seen: Seen, settings: HandoverSettings): At {
  let { state, nowMs, decision } = from;
  const acts = [...from.acts];
  for (let i = 0; i < seconds; i++) {
    nowMs += 1000;
    ({ state, decision } = advance(state, seen, settings, nowMs));
    if (decision.do === "nothing") continue;
    const what = decision.do === "let-go" ? decision.jobId : decision.backend;
    acts.push(`${(nowMs - T0) / 1000} ${decision.do} ${what}`);
    state = noteAct(state, decision, nowMs);
  }
  return { state, nowMs, decision, acts };
}
