import { randomUUID } from "node:crypto";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { totalEstimateMiB } from "../../shared/release/estimate.ts";
import { heldBecause } from "../../shared/release/held-because.ts";
import {
  IDLE_RELEASE,
  isReleasing,
  type Release,
  type ReleaseMode,
  type ReleasePart,
} from "../../shared/release/release.ts";
import { wallMs } from "../lib/clock.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend } from "./backends/backend.ts";
import { faultOf } from "./fault.ts";
import { createMeasure, type ReleaseSamples } from "./measure.ts";
import { type PartOutcome, type ReleaseLimits, releaseOne } from "./release-one.ts";
import { sumUp } from "./sum-up.ts";

export interface ReleaseDemand {
  mode: ReleaseMode;
  /** One backend alone; all of them without it. */
  backend?: string | undefined;
  /** The only GPU that is measured. */
  gpu?: number | undefined;
  /** Makes a demand that arrives twice one release. */
  requestId?: string | undefined;
  requestedBy: string;
}

/** One release at a time, from the call to the verdict of the samples. */
export interface ReleaseController {
  state(): Release;
  /** By id: the release in progress or one of the last ones. */
  find(id: string): Release | null;
  onRelease(listener: (release: Release) => void): () => void;
  /** Starts a release, or joins the one in progress. */
  request(demand: ReleaseDemand): Reply<{ id: string }>;
  /** Cancels the release in progress while it waits for a job and has asked nothing yet. */
  cancel(by: string, id?: string): Reply<{ id: string }>;
  /** Makes a backend ready for its next job, where a release has left it unable to run one. */
  prepare(id: string): Promise<Reply<{ id: string }>>;
  close(): Promise<void>;
}

export interface ControllerParts {
  backends: readonly Backend[];
  watch: BackendWatch;
  samples: ReleaseSamples;
  /** Whether the processes of this backend can be told on this machine. */
  ownersFound(backendId: string): boolean;
  limits: ReleaseLimits;
}

const REMEMBERED = 50;

export function createReleaseController({
  backends,
  watch,
  samples,
  ownersFound,
  limits,
}: ControllerParts): ReleaseController {
  const releases = createEmitter<Release>();
  const closing = new AbortController();
  const past = new Map<string, Release>();
  const requests = new Map<string, string>();
  let current: Release = IDLE_RELEASE;
  let running: Promise<void> = Promise.resolve();
  let cancelling = new AbortController();
  let cancelledBy: string | null = null;
  /** Id of the backend that is being made ready: a release in between would be undone by it. */
  let preparing: string | null = null;
  /** Ends the look for what comes back late. */
  let endLate = () => {};

  function set(patch: Partial<Release>) {
    current = { ...current, ...patch };
    if (current.id !== null) remember(past, current.id, current);
    releases.emit(current);
  }

  function setPart(backend: string, patch: Partial<ReleasePart>, more: Partial<Release> = {}) {
    const parts = current.parts.map((part) => (part.backend === backend ? { ...part, ...patch } : part));
    set({ parts, ...more });
  }

  async function carryOut(targets: readonly Backend[], { mode, gpu }: ReleaseDemand) {
    const endFast = samples.holdFast();
    const endWatch = watch.hold();
    const outcomes: PartOutcome[] = [];
    try {
      await Promise.all(targets.map((backend) => watch.ask(backend, closing.signal)));
      // What is idle comes back at once; what must be waited for comes last.
      const busy = ({ id }: Backend) => (watch.stateOf(id)?.busy === true ? 1 : 0);
      const order = [...targets].sort((a, b) => busy(a) - busy(b));
      const parts = order.map(({ id }) => current.parts.find(({ backend }) => backend === id));
      set({ parts: parts.filter((part) => part !== undefined), estimateMiB: estimateOf(order) });
      for (const [i, backend] of order.entries()) {
        // The one before may have taken its time, in which a job may have begun.
        if (i > 0 && !cancelling.signal.aborted) await watch.ask(backend, closing.signal);
        const outcome = await outcomeOf(backend, mode, gpu);
        outcomes.push(outcome);
        setPart(backend.id, outcome.part);
      }
      const asked = order.filter((_, i) => outcomes[i]?.asked);
      if (asked.length > 0) await lookAgain(asked);
      finish({ ...sumUp(current.parts, outcomes, cancelledBy), stillHeldBy: holders(asked, gpu) });
      void followLate(asked, outcomes, gpu);
    } catch (error) {
      // No part throws; a fault of ours must be told as one and not end the sidecar.
      finish({ state: "failed", problem: faultOf(error) });
    } finally {
      endWatch();
      endFast();
    }
  }

  /** A driver may give VRAM back long after the call: the verdict is corrected, wherever it was told. */
  async function followLate(
    asked: readonly Backend[],
    outcomes: readonly PartOutcome[],
    gpu: number | undefined,
  ) {
    const since = outcomes.find((outcome) => outcome.since !== undefined)?.since;
    if (since === undefined || closing.signal.aborted) return;
    const ending = new AbortController();
    endLate = () => ending.abort();
    const verdict = current;
    await createMeasure(samples, gpu, limits).watchLate(
      {
        before: since.before,
        backendIds: asked.map(({ id }) => id),
        toldMiB: Math.max(0, verdict.freedMiB ?? 0),
        limitMs: limits.lateMs,
        onMore(freedMiB, measured, atMs) {
          const late = {
            freedMiB: freedMiB - Math.max(0, verdict.freedMiB ?? 0),
            seconds: Math.round((atMs - since.calledAtMs) / 1000),
          };
          set({ ...withLate(verdict, freedMiB, late), ...measured, stillHeldBy: holders(asked, gpu) });
        },
      },
      ending.signal,
    );
  }

  function outcomeOf(
    backend: Backend,
    mode: ReleaseMode,
    gpu: number | undefined,
  ): Promise<PartOutcome> | PartOutcome {
    if (closing.signal.aborted) return notAsked("failed", problem("sidecar-closing"));
    return cancelling.signal.aborted ? notAsked("cancelled", null) : releasePart(backend, mode, gpu);
  }

  /** What the backends and the processes say after it. */
  async function lookAgain(asked: readonly Backend[]) {
    const measure = createMeasure(samples, undefined, limits);
    await Promise.all([
      ...asked.map((backend) => watch.ask(backend, closing.signal)),
      measure.refreshProcesses(closing.signal),
    ]);
  }

  function releasePart(backend: Backend, asked: ReleaseMode, gpu: number | undefined): Promise<PartOutcome> {
    // Beside one that knows the mode, a backend that does not is released as is safe for it.
    const mode = backend.modes.includes(asked) ? asked : "auto";
    return releaseOne(backend, mode, {
      watch,
      measure: createMeasure(samples, gpu, limits),
      limits,
      cancel: cancelling.signal,
      closing: closing.signal,
      onPhase: (state, more = {}) => {
        const { claim = null, waiting = null } = more;
        setPart(backend.id, { state, claim }, { state, backend: backend.id, waiting, claim });
      },
    });
  }

  function estimateOf(targets: readonly Backend[]): number | null {
    const states = targets.flatMap(({ id }) => watch.stateOf(id) ?? []);
    return totalEstimateMiB(states, samples.latest().gpus);
  }

  function finish(patch: Partial<Release>) {
    set({ ...patch, waiting: null, finishedAt: wallMs() });
  }

  function holders(targets: readonly Backend[], gpu: number | undefined): Release["stillHeldBy"] {
    // Where nothing was asked, nobody holds anything in spite of it.
    if (targets.length === 0) return [];
    const asked = targets.flatMap(({ id }) => watch.stateOf(id) ?? []);
    const ownersKnown = asked.every(({ id }) => ownersFound(id));
    return samples
      .latest()
      .gpus.filter(({ index }) => gpu === undefined || index === gpu)
      .flatMap(({ index, processes }) =>
        (processes ?? []).map((process) => ({
          gpu: index,
          ...process,
          because: heldBecause(process, asked, ownersKnown),
        })),
      )
      .sort((a, b) => (b.usedMiB ?? 0) - (a.usedMiB ?? 0));
  }

  /** The backends that are meant, or why none is. */
  function targetsOf({ backend: wanted, mode, gpu }: ReleaseDemand): Reply<readonly Backend[]> {
    if (backends.length === 0) return refuse(problem("no-backend"));
    const { gpus } = samples.latest();
    if (gpu !== undefined && gpus.length > 0 && gpus.every(({ index }) => index !== gpu)) {
      return refuse(problem("bad-request", { detail: `there is no GPU ${gpu}` }));
    }
    const targets = wanted === undefined ? backends : backends.filter(({ id }) => id === wanted);
    if (wanted !== undefined && targets.length === 0)
      return refuse(problem("unknown-backend", { backend: wanted }));
    if (targets.some(({ modes }) => modes.includes(mode))) return succeed(targets);
    const known = new Set(targets.flatMap(({ modes }) => modes));
    const names = targets.map(({ id }) => id).join(", ");
    return refuse(problem("mode-unsupported", { backend: names, mode, modes: [...known].join(", ") }));
  }

  return {
    state: () => current,
    find: (id) => past.get(id) ?? null,
    onRelease: releases.subscribe,
    request(demand) {
      if (closing.signal.aborted) return refuse(problem("sidecar-closing"));
      const known = demand.requestId === undefined ? undefined : requests.get(demand.requestId);
      if (known !== undefined) return succeed({ id: known });
      if (isReleasing(current) && current.id !== null) {
        if (demand.requestId !== undefined) remember(requests, demand.requestId, current.id);
        return succeed({ id: current.id });
      }
      if (preparing !== null) return refuse(problem("preparing", { backend: preparing }));
      const targets = targetsOf(demand);
      if (!targets.ok) return targets;
      const id = randomUUID();
      if (demand.requestId !== undefined) remember(requests, demand.requestId, id);
      endLate();
      cancelling = new AbortController();
      cancelledBy = null;
      set({
        ...IDLE_RELEASE,
        state: "calling",
        id,
        mode: demand.mode,
        backend: targets.data.length === 1 ? (targets.data[0]?.id ?? null) : null,
        parts: targets.data.map(({ id: backend }) => ({
          backend,
          state: "pending",
          freedMiB: null,
          claim: null,
          problem: null,
        })),
        requestedBy: demand.requestedBy,
        startedAt: wallMs(),
      });
      running = carryOut(targets.data, demand);
      return succeed({ id });
    },
    cancel(by, id) {
      const { waiting } = current;
      if (current.id === null || (id !== undefined && id !== current.id))
        return refuse(problem("not-waiting"));
      if (current.state !== "waiting-for-job" || waiting?.cancellable !== true) {
        return refuse(problem("not-waiting"));
      }
      cancelledBy ??= by;
      cancelling.abort();
      set({ waiting: null });
      return succeed({ id: current.id });
    },
    async prepare(id) {
      const backend = backends.find((one) => one.id === id);
      if (backend === undefined) return refuse(problem("unknown-backend", { backend: id }));
      if (isReleasing(current)) return refuse(problem("releasing"));
      if (preparing !== null) return refuse(problem("preparing", { backend: preparing }));
      preparing = id;
      try {
        const outcome = await backend.prepare?.(closing.signal);
        if (outcome?.kind === "failed") return refuse(outcome.problem);
        watch.park(id, false);
        return succeed({ id });
      } catch (error) {
        return refuse(faultOf(error));
      } finally {
        preparing = null;
      }
    },
    async close() {
      closing.abort();
      endLate();
      await running;
    },
  };
}

/** Of a verdict that nothing had come back, or too little, nothing is left when more has. */
const OVER_WITH_IT: readonly string[] = ["nothing-freed", "vram-grew", "not-measured"];

/** A verdict, and what has come back since. Pure. */
function withLate(verdict: Release, freedMiB: number, late: NonNullable<Release["late"]>): Partial<Release> {
  const isOver = (found: Problem | null) => found === null || OVER_WITH_IT.includes(found.code);
  const { parts } = verdict;
  const unfreed = parts.findIndex(({ problem: found }) => found !== null && isOver(found));
  const place = unfreed >= 0 ? unfreed : parts.length - 1;
  return {
    freedMiB,
    late,
    unsettled: false,
    ...(isOver(verdict.problem) ? { state: "done", problem: null } : {}),
    parts: parts.map((part, i) => {
      if (i !== place) return part;
      const freed = { ...part, freedMiB: Math.max(0, part.freedMiB ?? 0) + late.freedMiB };
      return isOver(part.problem) ? { ...freed, state: "done", problem: null } : freed;
    }),
  };
}

function notAsked(state: "failed" | "cancelled", found: Problem | null): PartOutcome {
  const part = { state, freedMiB: null, claim: null, problem: found };
  return { part, gpus: [], meanwhile: [], unsettled: false, asked: false };
}

/** Adds to a map and lets go of its oldest entries. */
function remember<T>(map: Map<string, T>, key: string, value: T) {
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
