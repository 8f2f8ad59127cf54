import type { Sample } from "../../../shared/gpu/sample.ts";
import type { HostState } from "../../../shared/protocol/state.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { createEmitter, type Emitter } from "../../lib/emitter.ts";
import type { CapacityTimings } from "../../timings.ts";
import { isFresh } from "../admission/admit.ts";
import { step, type Turn } from "../capacity.ts";
import { evidenceOf, type ListMemory, NO_LISTS } from "../evidence/from-sample.ts";
import { wordsOf } from "../evidence/words.ts";
import { type CapacityState, EMPTY_STATE } from "../model.ts";
import type { Policy } from "../policy.ts";

/** What capacity needs of the sampler. */
export interface LiveSamples {
  latest(): Sample;
  /** Samples come. */
  isLive(): boolean;
  /** A recording says nothing of the room that there is. */
  isRecording: boolean;
  holdFast(): () => void;
  holdProcesses(): () => void;
  processesAsked(): boolean;
  refreshProcesses(): Promise<void>;
}

export interface LiveContext {
  samples: LiveSamples;
  policy: Policy;
  backends(): readonly BackendState[];
  /** Has backends asked for their status until the returned function is called. */
  holdBackends(): () => void;
  readHost(): Pick<HostState, "memoryTotalMiB" | "memoryAvailableMiB">;
  /** The nearest of these processes that the process has come from, or is; else the process. */
  lineage?(pid: number, roots: ReadonlySet<number>): number;
  /** Epoch milliseconds of a clock that is never put forward or back. */
  nowMs(): number;
  timings: CapacityTimings;
  /** Nobody may start now. */
  isClosed(): boolean;
}

/** The one state of capacity, fed with samples, lists, asks and ends. */
export interface LiveCapacity {
  state(): CapacityState;
  readonly policy: Policy;
  nowMs(): number;
  /** Declares, beats or ends jobs, asks for room, or restores what was known: between two steps. */
  change(to: (state: CapacityState, nowMs: number, policy: Policy) => CapacityState): void;
  /** A new sample has come. */
  sample(): void;
  /** Backends have said something, or jobs have changed: looks again without waiting for a sample. */
  recompute(): void;
  /** Decides who may start, on a sample and a list of processes of now; resolves once it is decided. One who asks meanwhile joins. */
  decide(): Promise<void>;
  /** Whether decisions can be made: samples come, and a GPU tells its VRAM. */
  isKnown(): boolean;
  onTurn(listener: (turn: Turn) => void): () => void;
  close(): void;
}

export function createLiveCapacity(context: LiveContext): LiveCapacity {
  const { samples, policy, nowMs, timings } = context;
  const turns = createEmitter<Turn>();
  const arrived = createEmitter<void>();
  let state = EMPTY_STATE;
  let lists: ListMemory = NO_LISTS;
  let deciding: Promise<void> | null = null;
  const fullRate = createFullRate(() => [
    samples.holdFast(),
    samples.holdProcesses(),
    context.holdBackends(),
  ]);
  let sampleAtMs = Number.NEGATIVE_INFINITY;

  /** Not on what is old: the next sample brings what may be decided on. */
  function stepAgain(listFailed: boolean) {
    if (samples.isLive()) takeStep(listFailed, nowMs());
  }

  function takeStep(listFailed: boolean, atMs: number) {
    if (samples.isRecording) return;
    const listsAsked = samples.processesAsked();
    const around = {
      ...{ sampledMs: sampleAtMs, listsAsked, listFailed, readHost: context.readHost },
      jobOf: jobOf(state, context),
    };
    const { evidence: gpus, memory } = evidenceOf(samples.latest().gpus, lists, around);
    lists = memory;
    const words = wordsOf(context.backends());
    const input = { nowMs: atMs, sampledMs: sampleAtMs, gpus, words, isClosed: context.isClosed() };
    const turn = step(state, input, policy);
    state = turn.state;
    if (turn.rate === "full") fullRate.begin();
    if (turn.rate === "quiet") fullRate.end();
    turns.emit(turn);
    if (turn.wantsList) void decide();
  }

  function decide(): Promise<void> {
    deciding ??= decideNow().finally(() => {
      deciding = null;
    });
    return deciding;
  }

  async function decideNow() {
    fullRate.begin();
    const patience = new AbortController();
    const before = samples.latest().gpus.map(({ processes }) => processes);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timings.freshMs);
    });
    let isAsked = false;
    const isStale = nowMs() - sampleAtMs > timings.staleSampleMs;
    const fresh = (isStale ? nextOf(arrived, patience.signal) : Promise.resolve()).then(() => {
      // One list a sample: all who ask meanwhile are answered by it.
      isAsked = !isFresh(state, policy);
      return isAsked ? samples.refreshProcesses() : undefined;
    });
    await Promise.race([fresh, late]);
    clearTimeout(timer);
    patience.abort();
    const now = samples.latest().gpus.map(({ processes }) => processes);
    stepAgain(isAsked && now.every((list, i) => list === null || list === before[i]));
  }

  return {
    state: () => state,
    policy,
    nowMs,
    change(to) {
      state = to(state, nowMs(), policy);
    },
    sample() {
      // Who was there before anybody watched: else an idle machine would know nothing until something moves.
      if (sampleAtMs === Number.NEGATIVE_INFINITY && !samples.isRecording)
        void samples.refreshProcesses().then(() => stepAgain(false));
      sampleAtMs = nowMs();
      takeStep(false, sampleAtMs);
      arrived.emit();
    },
    recompute: () => stepAgain(false),
    decide,
    // Before the first answer to the question for processes nobody knows who is there.
    isKnown: () => samples.isLive() && samples.processesAsked() && state.gpus.length > 0,
    onTurn: turns.subscribe,
    close: fullRate.close,
  };
}

/** Of which job that is a process of its own another process is a child: a script starts its programs. */
function jobOf({ running }: CapacityState, { lineage }: LiveContext): (pid: number) => number {
  const roots = new Set(running.flatMap(({ pid, lastsWithPid }) => (lastsWithPid === true && pid) || []));
  return (pid) => (lineage === undefined || roots.size === 0 ? pid : lineage(pid, roots));
}

/** The next event, or the end of the patience. */
function nextOf({ subscribe }: Pick<Emitter<void>, "subscribe">, patience: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      resolve();
    };
    const stop = subscribe(done);
    patience.addEventListener("abort", done, { once: true });
  });
}

/** Full rate while anybody could be affected by the next second. */
function createFullRate(hold: () => (() => void)[]) {
  let holds: (() => void)[] = [];
  let closed = false;
  function end() {
    for (const letGo of holds) letGo();
    holds = [];
  }
  return {
    begin() {
      if (holds.length === 0 && !closed) holds = hold();
    },
    end,
    close() {
      closed = true;
      end();
    },
  };
}
