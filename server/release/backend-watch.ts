import type { Problem } from "../../shared/problems/problem.ts";
import type { BackendState, BackendStatus } from "../../shared/release/backend.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { Backend, StatusOutcome } from "./backends/backend.ts";
import { faultOf } from "./fault.ts";

/** What is known of the backends, asked for seldom and only while it is wanted. */
export interface BackendWatch {
  states(): BackendState[];
  stateOf(id: string): BackendState | undefined;
  /** It says itself whether it is busy; else only the jobs that are marked tell that it is. */
  tellsBusy(id: string): boolean;
  runsMarkedJob(id: string): boolean;
  /** Marked jobs may have begun or ended. */
  look(): void;
  onChange(listener: (states: BackendState[]) => void): () => void;
  /** Somebody watches: statuses are asked for, and pushes listened to. */
  setWatched(watched: boolean): void;
  /** Listens to one backend whether watched or not, until the returned function is called. */
  hold(): () => void;
  /** Asks one backend now; `null` where it has no status. */
  ask(backend: Backend, signal: AbortSignal): Promise<StatusOutcome | null>;
  /** Something was heard of the backend without asking for its status. */
  reached(id: string, reached: boolean, problem?: Problem | null): void;
  /** A release has left it unable to run a job, or it has been made ready again. */
  park(id: string, parked: boolean): void;
  /** Resolves at the next change of anything, after `ms`, or with the signal. */
  nextChange(ms: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Known {
  reachable: boolean | null;
  problem: Problem | null;
  parked: boolean;
  status: BackendStatus;
}

const NOTHING: BackendStatus = { busy: null, queue: null, models: [], allocator: null };
/** Where the backend pushes whether it is busy, only models and allocator are asked for. */
const PUSHED_FACTOR = 3;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** By contract a status does not throw; a fault of ours in one must not end the polling. */
async function statusOf(backend: Backend, signal: AbortSignal): Promise<StatusOutcome | null> {
  try {
    return (await backend.status?.(signal)) ?? null;
  } catch (error) {
    return { kind: "failed", problem: faultOf(error), reached: true };
  }
}

/**
 * @param intervalMs time between two status calls to one backend
 * @param runsMarkedJob of a backend that does not say whether it is busy, a marked job does
 */
export function createBackendWatch(
  backends: readonly Backend[],
  intervalMs: number,
  runsMarkedJob: (backendId: string) => boolean = () => false,
): BackendWatch {
  const changes = createEmitter<BackendState[]>();
  const closing = new AbortController();
  const known = new Map<string, Known>(
    backends.map(({ id }) => [id, { reachable: null, problem: null, parked: false, status: NOTHING }]),
  );
  const asking = new Map<string, Promise<unknown>>();
  let timers: NodeJS.Timeout[] = [];
  let subscriptions: (() => void)[] = [];
  let watched = false;
  let holds = 0;
  let listening = false;

  const stateOf = (backend: Backend): BackendState => {
    const {
      reachable = null,
      problem = null,
      parked = false,
      status = NOTHING,
    } = known.get(backend.id) ?? {};
    const { id, kind, modes, duringJob } = backend;
    const busy = status.busy ?? (runsMarkedJob(id) ? true : null);
    return { id, kind, url: null, reachable, problem, ...status, busy, parked, modes: [...modes], duringJob };
  };
  /** Which backends ran marked jobs at the last look. */
  let marks = "";
  const states = () => backends.map(stateOf);

  function learn(id: string, patch: Partial<Known>) {
    const before = known.get(id);
    if (before === undefined) return;
    // What was gone comes back as it starts: with its model, or loading it.
    const parked = patch.reachable === false ? { parked: false } : {};
    const next = { ...before, ...patch, ...parked };
    known.set(id, next);
    if (JSON.stringify(next) !== JSON.stringify(before)) changes.emit(states());
  }

  /** How often the backend has pushed: what was pushed since a call began is newer than its answer. */
  const pushes = new Map<string, number>();

  /** One call at a time to each backend: one that hangs is not called again on top. */
  async function ask(backend: Backend, signal: AbortSignal): Promise<StatusOutcome | null> {
    for (let underWay = asking.get(backend.id); underWay !== undefined; underWay = asking.get(backend.id)) {
      await Promise.race([underWay, aborted(signal)]);
      if (signal.aborted) return null;
    }
    const call = askNow(backend, signal).finally(() => asking.delete(backend.id));
    asking.set(backend.id, call);
    return call;
  }

  async function askNow(backend: Backend, signal: AbortSignal): Promise<StatusOutcome | null> {
    const pushesBefore = pushes.get(backend.id) ?? 0;
    const outcome = await statusOf(backend, signal);
    if (outcome === null || signal.aborted || closing.signal.aborted) return outcome;
    if (outcome.kind === "failed") {
      learn(backend.id, { reachable: outcome.reached, problem: outcome.problem, status: NOTHING });
      return outcome;
    }
    const { busy, queue } = known.get(backend.id)?.status ?? NOTHING;
    const pushed = (pushes.get(backend.id) ?? 0) > pushesBefore;
    const status = pushed ? { ...outcome.status, busy, queue } : outcome.status;
    learn(backend.id, { reachable: true, problem: null, status });
    return outcome;
  }

  function poll(backend: Backend) {
    if (!asking.has(backend.id)) void ask(backend, closing.signal);
  }

  function adjust() {
    const wanted = (watched || holds > 0) && !closing.signal.aborted;
    if (wanted === listening) return;
    listening = wanted;
    for (const timer of timers) clearInterval(timer);
    for (const unsubscribe of subscriptions) unsubscribe();
    timers = [];
    subscriptions = [];
    if (!wanted) {
      // What was known now is not what will be when somebody asks again.
      for (const { id, status } of backends) if (status !== undefined) learn(id, { status: NOTHING });
      return;
    }
    for (const backend of backends) {
      if (backend.status === undefined) continue;
      const everyMs = backend.subscribe === undefined ? intervalMs : PUSHED_FACTOR * intervalMs;
      poll(backend);
      timers.push(setInterval(() => poll(backend), everyMs));
      const unsubscribe = backend.subscribe?.(({ busy, queue }) => {
        const status = known.get(backend.id)?.status ?? NOTHING;
        pushes.set(backend.id, (pushes.get(backend.id) ?? 0) + 1);
        learn(backend.id, { reachable: true, problem: null, status: { ...status, busy, queue } });
      });
      if (unsubscribe !== undefined) subscriptions.push(unsubscribe);
    }
  }

  return {
    states,
    stateOf: (id) => states().find((state) => state.id === id),
    tellsBusy: (id) => (known.get(id)?.status.busy ?? null) !== null,
    runsMarkedJob,
    look() {
      const now = backends.map(({ id }) => runsMarkedJob(id)).join();
      if (now === marks) return;
      marks = now;
      changes.emit(states());
    },
    onChange: changes.subscribe,
    setWatched(next) {
      watched = next;
      adjust();
    },
    hold() {
      holds++;
      adjust();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds--;
        adjust();
      };
    },
    ask,
    park: (id, parked) => learn(id, { parked }),
    reached: (id, reached, problem = null) => learn(id, { reachable: reached, problem }),
    nextChange: (ms, signal) =>
      new Promise((resolve) => {
        const end = () => {
          unsubscribe();
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          resolve();
        };
        const unsubscribe = changes.subscribe(end);
        const timer = setTimeout(end, ms);
        signal.addEventListener("abort", end);
        if (signal.aborted) end();
      }),
    async close() {
      closing.abort();
      adjust();
      await Promise.all(asking.values());
    },
  };
}
