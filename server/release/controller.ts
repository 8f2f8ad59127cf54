import { randomUUID } from "node:crypto";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { IDLE_RELEASE, isReleasing, type Release } from "../../shared/release/release.ts";
import { wallMs } from "../lib/clock.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend } from "./backends/backend.ts";
import { faultOf } from "./fault.ts";
import { type ReleaseCourse, releaseAll } from "./release-all.ts";
import { createReleaseRecord, type ReleaseRecord } from "./release-record.ts";
import { remember } from "./remember.ts";
import { type ReleaseDemand, targetsOf } from "./targets.ts";

/** One release at a time, from the call to the verdict of the samples. */
export interface ReleaseController extends Pick<ReleaseRecord, "find" | "onRelease"> {
  state(): Release;
  /** Starts a release, or joins the one in progress. */
  request(demand: ReleaseDemand): Reply<{ id: string }>;
  /** Cancels the release in progress while it waits for a job and has asked nothing yet. */
  cancel(by: string, id?: string): Reply<{ id: string }>;
  /** Makes a backend ready for its next job, where a release has left it unable to run one. */
  prepare(id: string): Promise<Reply<{ id: string }>>;
  close(): Promise<void>;
}

export interface ControllerParts extends Pick<ReleaseCourse, "watch" | "samples" | "limits" | "ownersFound"> {
  backends: readonly Backend[];
}

export function createReleaseController(parts: ControllerParts): ReleaseController {
  const { backends, watch, samples } = parts;
  const closing = new AbortController();
  const record = createReleaseRecord();
  const requests = new Map<string, string>();
  let running: Promise<void> = Promise.resolve();
  let cancelling = new AbortController();
  let cancelledBy: string | null = null;
  let late = new AbortController();
  const readiness = createReadiness(backends, watch, closing.signal);

  function begin(id: string, targets: readonly Backend[], demand: ReleaseDemand) {
    late.abort();
    late = new AbortController();
    cancelling = new AbortController();
    cancelledBy = null;
    record.set(begun(id, targets, demand));
    running = releaseAll(targets, {
      ...{ ...parts, demand, record },
      ...{ cancel: cancelling.signal, closing: closing.signal, lateEnd: late.signal },
      cancelledBy: () => cancelledBy,
    });
  }

  return {
    state: record.current,
    find: record.find,
    onRelease: record.onRelease,
    request(demand) {
      const current = record.current();
      const { requestId } = demand;
      if (closing.signal.aborted) return refuse(problem("sidecar-closing"));
      const known = requestId === undefined ? undefined : requests.get(requestId);
      if (known !== undefined) return succeed({ id: known });
      if (isReleasing(current) && current.id !== null) {
        if (requestId !== undefined) remember(requests, requestId, current.id);
        return succeed({ id: current.id });
      }
      const preparing = readiness.preparing();
      if (preparing !== null) return refuse(problem("preparing", { backend: preparing }));
      const targets = targetsOf(backends, samples.latest().gpus, demand);
      if (!targets.ok) return targets;
      const id = randomUUID();
      if (requestId !== undefined) remember(requests, requestId, id);
      begin(id, targets.data, demand);
      return succeed({ id });
    },
    cancel(by, id) {
      const { id: current, state, waiting } = record.current();
      const isMeant = current !== null && (id === undefined || id === current);
      if (!isMeant || state !== "waiting-for-job" || waiting?.cancellable !== true) {
        return refuse(problem("not-waiting"));
      }
      cancelledBy ??= by;
      cancelling.abort();
      record.set({ waiting: null });
      return succeed({ id: current });
    },
    prepare: async (id) =>
      isReleasing(record.current()) && backends.some((one) => one.id === id)
        ? refuse(problem("releasing"))
        : readiness.prepare(id),
    async close() {
      closing.abort();
      late.abort();
      await running;
    },
  };
}

/** A release as it begins. */
function begun(id: string, targets: readonly Backend[], { mode, requestedBy }: ReleaseDemand): Release {
  return {
    ...IDLE_RELEASE,
    ...{ state: "calling", id, mode, requestedBy, startedAt: wallMs() },
    backend: targets.length === 1 ? (targets[0]?.id ?? null) : null,
    parts: targets.map(({ id: backend }) => ({
      ...{ backend, state: "pending", freedMiB: null, claim: null, problem: null },
    })),
  };
}

/** Makes backends ready, one at a time, and not during a release, which that would undo. */
function createReadiness(backends: readonly Backend[], watch: BackendWatch, closing: AbortSignal) {
  let preparing: string | null = null;
  return {
    preparing: () => preparing,
    async prepare(id: string): Promise<Reply<{ id: string }>> {
      const backend = backends.find((one) => one.id === id);
      if (backend === undefined) return refuse(problem("unknown-backend", { backend: id }));
      if (preparing !== null) return refuse(problem("preparing", { backend: preparing }));
      preparing = id;
      try {
        const outcome = await backend.prepare?.(closing);
        if (outcome?.kind === "failed") return refuse(outcome.problem);
        watch.park(id, false);
        return succeed({ id });
      } catch (error) {
        return refuse(faultOf(error));
      } finally {
        preparing = null;
      }
    },
  };
}
