import type { Problem } from "../../shared/problems/problem.ts";
import type { BackendState, BackendStatus } from "../../shared/release/backend.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { Backend } from "./backends/backend.ts";

/** What was heard of one backend. */
export interface Known {
  /** Whether the last call got through; `null`: not called yet. */
  reachable: boolean | null;
  problem: Problem | null;
  /** A release has made it let go of its models, and nobody has loaded them again since. */
  unloaded: boolean;
  status: BackendStatus;
}

/** What is known of the backends, and when that changes. */
export interface BackendKnowledge {
  states(): BackendState[];
  of(id: string): Known | undefined;
  learn(id: string, patch: Partial<Known>): void;
  /** There are others than before: what is known of those that have gone is forgotten. */
  listChanged(): void;
  /** Declared jobs may have begun or ended. */
  declaredJobsChanged(): void;
  onChange(listener: (states: BackendState[]) => void): () => void;
  /** Resolves at the next change of anything, after `ms`, or with the signal. */
  nextChange(ms: number, signal: AbortSignal): Promise<void>;
}

export const NOTHING_TOLD: BackendStatus = { busy: null, queue: null, models: [], allocator: null };
const NOTHING_KNOWN: Known = { reachable: null, problem: null, unloaded: false, status: NOTHING_TOLD };

/**
 * @param runsDeclaredJob tells whether a backend is busy that does not say so itself
 * @param givesNothing whether it was asked in vain so often that no estimate counts on it
 */
export function createBackendKnowledge(
  backends: readonly Backend[],
  runsDeclaredJob: (backendId: string) => boolean,
  givesNothing: (backendId: string) => boolean,
): BackendKnowledge {
  const changes = createEmitter<BackendState[]>();
  const known = new Map<string, Known>();
  /** The state of each as last told: what an adapter remembers is part of it. */
  const told = new Map<string, string>();
  const listChanged = () => {
    for (const id of known.keys()) {
      if (backends.some((one) => one.id === id)) continue;
      known.delete(id);
      told.delete(id);
    }
    for (const { id } of backends) known.set(id, known.get(id) ?? NOTHING_KNOWN);
  };
  listChanged();
  /** Which backends ran declared jobs when that was last compared. */
  let declared = "";

  const stateOf = (backend: Backend): BackendState => {
    const { id, kind, modes, duringJob } = backend;
    const { reachable, problem, unloaded, status } = known.get(id) ?? NOTHING_KNOWN;
    const busy = status.busy ?? (runsDeclaredJob(id) ? true : null);
    const canLoad = backend.load !== undefined && (backend.hasUnloaded?.() ?? unloaded);
    const { job: _, ...saidOfItself } = status;
    return {
      ...{ id, kind, url: null, reachable, problem, ...saidOfItself, busy },
      ...{ parked: canLoad && backend.parks === true, canLoad, modes: [...modes], duringJob },
      givesNothing: givesNothing(id),
    };
  };
  const states = () => backends.map(stateOf);

  return {
    states,
    of: (id) => known.get(id),
    learn(id, patch) {
      const before = known.get(id);
      if (before === undefined) return;
      // A backend that was gone has been started anew, as it starts always.
      const anew = patch.reachable === false ? { unloaded: false } : {};
      const next = { ...before, ...patch, ...anew };
      known.set(id, next);
      const backend = backends.find((one) => one.id === id);
      const now = backend === undefined ? "" : JSON.stringify(stateOf(backend));
      if (now === told.get(id)) return;
      told.set(id, now);
      changes.emit(states());
    },
    listChanged() {
      listChanged();
      changes.emit(states());
    },
    declaredJobsChanged() {
      const now = backends.map(({ id }) => runsDeclaredJob(id)).join();
      if (now === declared) return;
      declared = now;
      changes.emit(states());
    },
    onChange: changes.subscribe,
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
  };
}
