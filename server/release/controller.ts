import { randomUUID } from "node:crypto";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { IDLE_RELEASE, isReleasing, type LeavesBy, type Release } from "../../shared/release/release.ts";
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
  /** Makes a backend load again what a release took away. */
  load(id: string): Promise<Reply<{ id: string }>>;
  /** The backend that is being loaded, or `null`. */
  loading(): string | null;
  /** Why a release was asked for by the hand-over; `null`: somebody asked for it. */
  leavesBy(id: string | null): LeavesBy | null;
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
  const leaves = new Map<string, LeavesBy>();
  let running: Promise<void> = Promise.resolve();
  let cancelling = new AbortController();
  let cancelledBy: string | null = null;
  let late = new AbortController();
  const loads = createLoads(backends, watch, closing.signal);

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
      const loading = loads.loading();
      if (loading !== null) return refuse(problem("preparing", { backend: loading }));
      const targets = targetsOf(backends, samples.latest().gpus, demand);
      if (!targets.ok) return targets;
      const id = randomUUID();
      if (requestId !== undefined) remember(requests, requestId, id);
      if (demand.handover !== undefined) remember(leaves, id, demand.handover);
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
    load: async (id) =>
      isReleasing(record.current()) && backends.some((one) => one.id === id)
        ? refuse(problem("releasing"))
        : loads.load(id),
    loading: loads.loading,
    leavesBy: (id) => (id === null ? null : (leaves.get(id) ?? null)),
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

/** Loads again, one backend at a time, and not during a release, which that would undo. */
function createLoads(backends: readonly Backend[], watch: BackendWatch, closing: AbortSignal) {
  let loading: string | null = null;
  return {
    loading: () => loading,
    async load(id: string): Promise<Reply<{ id: string }>> {
      const backend = backends.find((one) => one.id === id);
      if (backend === undefined) return refuse(problem("unknown-backend", { backend: id }));
      if (loading !== null) return refuse(problem("preparing", { backend: loading }));
      loading = id;
      try {
        const outcome = await backend.load?.(closing);
        if (outcome?.kind === "failed") return refuse(outcome.problem);
        watch.loaded(id);
        return succeed({ id });
      } catch (error) {
        return refuse(faultOf(error));
      } finally {
        loading = null;
      }
    },
  };
}
