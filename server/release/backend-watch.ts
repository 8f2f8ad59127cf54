import type { Problem } from "../../shared/problems/problem.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { createHolds } from "../lib/holds.ts";
import { type BackendKnowledge, createBackendKnowledge, NOTHING_TOLD } from "./backend-knowledge.ts";
import type { Backend } from "./backends/backend.ts";
import { createStatusCalls, type StatusCalls } from "./status-calls.ts";

/** What is known of the backends, asked for seldom and only while it is wanted. */
export interface BackendWatch
  extends Pick<BackendKnowledge, "states" | "declaredJobsChanged" | "onChange" | "nextChange">,
    Pick<StatusCalls, "ask"> {
  stateOf(id: string): BackendState | undefined;
  /** Whether the backend says by itself if it is busy. If not, only declared jobs tell. */
  tellsBusy(id: string): boolean;
  runsDeclaredJob(id: string): boolean;
  /** The backend's own name for the job that runs in it; `null` where it does not tell. */
  jobOf(id: string): string | null;
  /** While somebody watches, statuses are asked for and pushes are listened to. */
  setWatched(watched: boolean): void;
  /** There are others than before. */
  listChanged(): void;
  /** Listens to the backends whether watched or not, until the returned function is called. */
  hold(): () => void;
  /** A release asks this one by itself: until the returned function is called it is not polled. */
  attend(id: string): () => void;
  /** Notes whether the backend answered another call than that for its status. */
  reached(id: string, reached: boolean, problem?: Problem | null): void;
  /** Notes that it was asked to unload, and has agreed. */
  unloaded(id: string): void;
  /** Notes that it was loaded again. */
  loaded(id: string): void;
  close(): Promise<void>;
}

/** A backend that pushes whether it is busy is asked so many times more seldom: for its models and its allocator. */
export const PUSHED_FACTOR = 3;

/**
 * @param intervalMs time between two status calls to one backend
 * @param runsDeclaredJob of a backend that does not say whether it is busy, a declared job does
 */
export function createBackendWatch(
  backends: readonly Backend[],
  intervalMs: number,
  runsDeclaredJob: (backendId: string) => boolean = () => false,
  givesNothing: (backendId: string) => boolean = () => false,
): BackendWatch {
  const closing = new AbortController();
  const knowledge = createBackendKnowledge(backends, runsDeclaredJob, givesNothing);
  const calls = createStatusCalls(knowledge, closing.signal);
  const { states, of, learn, listChanged } = knowledge;
  let watched = false;
  const attended: string[] = [];
  const holds = createHolds(adjust);
  let endListening: (() => void) | null = null;

  const poll: StatusCalls["poll"] = (backend) => {
    if (!attended.includes(backend.id)) calls.poll(backend);
  };

  function adjust() {
    const wanted = (watched || holds.areAny()) && !closing.signal.aborted;
    if (wanted === (endListening !== null)) return;
    if (wanted) {
      endListening = listenTo(backends, { ...calls, poll }, intervalMs);
      return;
    }
    endListening?.();
    endListening = null;
    // It would be old when somebody watches again.
    for (const { id, status } of backends) if (status !== undefined) learn(id, { status: NOTHING_TOLD });
  }

  return {
    ...knowledge,
    ask: calls.ask,
    stateOf: (id) => states().find((state) => state.id === id),
    tellsBusy: (id) => (of(id)?.status.busy ?? null) !== null,
    runsDeclaredJob,
    jobOf: (id) => of(id)?.status.job ?? null,
    setWatched(next) {
      watched = next;
      adjust();
    },
    listChanged() {
      endListening?.();
      endListening = null;
      adjust();
      listChanged();
    },
    hold: holds.take,
    attend(id) {
      attended.push(id);
      return () => void attended.splice(attended.indexOf(id), 1);
    },
    unloaded: (id) => learn(id, { unloaded: true }),
    loaded: (id) => learn(id, { unloaded: false }),
    reached: (id, reached, problem = null) => learn(id, { reachable: reached, problem }),
    async close() {
      closing.abort();
      adjust();
      await calls.ended();
    },
  };
}

/** Polls all of them and takes their pushes in, until the returned function is called. */
function listenTo(
  backends: readonly Backend[],
  { poll, takePush }: StatusCalls,
  intervalMs: number,
): () => void {
  const ends = backends.flatMap((backend) => {
    if (backend.status === undefined) return [];
    poll(backend);
    const everyMs = backend.subscribe === undefined ? intervalMs : PUSHED_FACTOR * intervalMs;
    const timer = setInterval(() => poll(backend), everyMs);
    const unsubscribe = backend.subscribe?.((status) => takePush(backend, status));
    return [() => clearInterval(timer), unsubscribe ?? (() => {})];
  });
  return () => {
    for (const end of ends) end();
  };
}
