import { randomUUID } from "node:crypto";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { Handover } from "../../shared/handover/handover.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { Turn } from "../capacity/capacity.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import type { ReleaseController } from "../release/controller.ts";
import { advance } from "./advance.ts";
import { decide } from "./decide.ts";
import type { HoldTimes } from "./hold.ts";
import { createHoldDesk } from "./hold-desk.ts";
import type { LoadRecorder } from "./load-record.ts";
import {
  type Act,
  type Decision,
  type HandoverSettings,
  type HandoverState,
  NO_STATE,
  type ReleaseAct,
} from "./model.ts";
import { noteAct, postpone, see } from "./see.ts";
import { holdSeen, type StepAround, seenNow } from "./seen-now.ts";
import { shownOf } from "./shown.ts";

export interface HandoverContext {
  backends: readonly Backend[];
  watch: Pick<BackendWatch, "states" | "ask" | "hold">;
  releases: Pick<ReleaseController, "request" | "load" | "state" | "loading">;
  latest(): Sample;
  nowMs(): number;
  /** The time of day of a moment of that clock. */
  wallOf(nowMs: number): number;
  settings: HandoverSettings;
  holdTimes: HoldTimes;
  recordLoad: LoadRecorder;
}

/** Carries out what `decide` says: after each step of capacity one look, and one act at a time. */
export interface HandoverDesk {
  step(turn: Turn, around: StepAround): void;
  shown(): Handover;
  /** Why nobody may start now, whatever there is room for; `null`: nothing stands against it. */
  closed(): Problem | null;
  /** “Not now” to what is announced for a backend. */
  postpone(backend: string): Reply<{ id: string }>;
  /** Holds the card, or goes on holding it. */
  hold(by: string): Reply<Handover>;
  endHold(): Reply<Handover>;
  /** Goes by other settings from now on. */
  use(settings: HandoverSettings): void;
  /** Told when something changed between two steps. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

const NOTHING: Decision = { do: "nothing", next: null };

export function createHandoverDesk(context: HandoverContext): HandoverDesk {
  const { watch, nowMs, holdTimes } = context;
  const changes = createEmitter<void>();
  const closing = new AbortController();
  const hold = createHoldDesk({ ...context, times: holdTimes, closing: closing.signal });
  let state = NO_STATE;
  let decision: Decision = NOTHING;
  let acting: Promise<void> | null = null;
  let last: { turn: Turn; around: StepAround } | null = null;
  let { settings } = context;
  const listening = listenFor(watch);
  listening(settings);
  const seen = ({ turn, around }: NonNullable<typeof last>) =>
    seenNow(context, turn, around, hold.current() !== null);

  /** True: it is still to be done, now that the backend was asked once more. */
  async function isStillDue(act: ReleaseAct): Promise<boolean> {
    const backend = context.backends.find(({ id }) => id === act.backend);
    if (backend === undefined) return false;
    await watch.ask(backend, closing.signal, "releasing");
    if (closing.signal.aborted || last === null) return false;
    const again = decide(see(state, seen(last), settings, nowMs()), settings, nowMs());
    return again.do === "release" && again.backend === act.backend;
  }

  async function take(act: Exclude<Act, { do: "let-go" }>) {
    if (act.do === "release" && !(await isStillDue(act))) return;
    state = noteAct(state, act, nowMs());
    if (act.do === "release") context.releases.request(demandOf(act));
    else await context.recordLoad(act.backend, () => context.releases.load(act.backend));
  }

  function carryOut(act: Act) {
    if (act.do === "let-go") {
      state = noteAct(state, act, nowMs());
      last?.around.letGo(act.jobId);
      return;
    }
    acting = take(act).finally(() => {
      acting = null;
      changes.emit();
    });
  }

  const shown = () =>
    shownOf(state, decision, hold.current(), { settings, holdTimes, wallOf: context.wallOf });
  const changed = () => {
    changes.emit();
    return succeed(shown());
  };

  return {
    step(turn, around) {
      const now = { turn, around };
      last = now;
      decision = NOTHING;
      if (!isOn(settings) && hold.current() === null && turn.state.waiting.length === 0) return;
      hold.follow(() => holdSeen(seen(now), context.latest().gpus));
      ({ state, decision } = advance(state, seen(now), settings, nowMs()));
      if (decision.do !== "nothing" && acting === null && !closing.signal.aborted) carryOut(decision);
    },
    shown,
    closed: () => closedBy(hold.current(), state, settings),
    postpone(backend) {
      if (shown().next?.backend !== backend) return refuse(problem("not-announced"));
      state = postpone(state, backend, settings, nowMs());
      decision = NOTHING;
      changes.emit();
      return succeed({ id: backend });
    },
    hold(by) {
      hold.begin(by);
      return changed();
    },
    endHold() {
      hold.end();
      return changed();
    },
    use(next) {
      listening(closing.signal.aborted ? null : next);
      settings = next;
      state = judgedAnew(state, next);
      decision = NOTHING;
      changes.emit();
    },
    onChange: changes.subscribe,
    async close() {
      closing.abort();
      listening(null);
      hold.end();
      await acting;
    },
  };
}

/** There is something to do without a hold and without anybody who waits. */
const isOn = ({ home, idleReleaseMs, onRequest, holdAboveC }: HandoverSettings) =>
  home !== null || idleReleaseMs.size > 0 || onRequest.size > 0 || holdAboveC !== null;

/** What was announced was by other settings, and so was that the card is too hot. */
const judgedAnew = (state: HandoverState, { holdAboveC }: HandoverSettings): HandoverState => ({
  ...state,
  notice: null,
  isHot: state.isHot && holdAboveC !== null,
});

/** Who is idle has to be known while nobody watches, too, where settings go by it. */
function listenFor(watch: Pick<BackendWatch, "hold">): (settings: HandoverSettings | null) => void {
  let end = () => {};
  return (settings) => {
    const before = end;
    const goesByIt = settings !== null && (settings.home !== null || settings.idleReleaseMs.size > 0);
    end = goesByIt ? watch.hold() : () => {};
    before();
  };
}

function closedBy(
  held: { by: string } | null,
  { isHot }: HandoverState,
  { holdAboveC }: HandoverSettings,
): Problem | null {
  if (held !== null) return problem("card-held", { by: held.by });
  return isHot ? problem("too-hot", { limit: holdAboveC ?? 0 }) : null;
}

function demandOf({ backend, reason, label, forWhom }: ReleaseAct) {
  return {
    ...{ requestId: `handover-${randomUUID()}`, mode: "auto" as const, backend, gpu: undefined },
    ...{ requestedBy: "hand-over", ifIdle: true, handover: { reason, forWhom: label ?? forWhom } },
  };
}
