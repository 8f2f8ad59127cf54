import { randomUUID } from "node:crypto";
import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { BackendState } from "../../shared/protocol/state.ts";
import { IDLE_RELEASE, isReleasing, type Release, type ReleaseMode } from "../../shared/release/release.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { Backend } from "./backends/backend.ts";
import { freedPerGpu, judge, type Level, type Reading, type Verdict } from "./judge.ts";

/** What a release needs of the sampler. */
export interface ReleaseSamples {
  latest(): Sample;
  isLive(): boolean;
  nowMs(): number;
  onSample(listener: (sample: Sample) => void): () => void;
  /** Keeps the sampling fast; returns the end of it. */
  holdFast(): () => void;
  refreshProcesses(): Promise<void>;
}

export interface ReleaseDemand {
  mode: ReleaseMode;
  backend?: string | undefined;
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
  backends(): BackendState[];
  onRelease(listener: (release: Release) => void): () => void;
  onBackends(listener: (backends: BackendState[]) => void): () => void;
  /** Starts a release, or joins the one in progress. */
  request(demand: ReleaseDemand): Reply<{ id: string }>;
  close(): Promise<void>;
}

/** How long VRAM may take to begin to fall after an accepted call. Drivers and backends lag by seconds. */
const PATIENCE_MS = 10_000;
/** The same after a call that failed on the way. */
const PATIENCE_AFTER_FAILURE_MS = 4000;
/** How long the first sample after the click is waited for before the backend is called all the same. */
const FRESH_PATIENCE_MS = 3000;
/** The judge is asked at least this often, also when no sample comes. */
const LOOK_MS = 500;
const REMEMBERED = 50;

export function createReleaseController(
  backends: readonly Backend[],
  samples: ReleaseSamples,
  patienceMs = PATIENCE_MS,
): ReleaseController {
  const releases = createEmitter<Release>();
  const backendChanges = createEmitter<BackendState[]>();
  const closing = new AbortController();
  const reachable = new Map<string, boolean>();
  const past = new Map<string, Release>();
  const requests = new Map<string, string>();
  let current: Release = IDLE_RELEASE;
  let running: Promise<void> = Promise.resolve();

  function set(patch: Partial<Release>) {
    current = { ...current, ...patch };
    if (current.id !== null) remember(past, current.id, current);
    releases.emit(current);
  }

  const backendStates = (): BackendState[] =>
    backends.map(({ id, kind }) => ({
      id,
      kind,
      url: null,
      reachable: reachable.get(id) ?? null,
      busy: null,
      queue: null,
      models: [],
    }));

  async function carryOut(backend: Backend, { mode, gpu }: ReleaseDemand) {
    const endFast = samples.holdFast();
    const levels = ({ gpus }: Sample): Level[] =>
      gpus
        .filter(({ index }) => gpu === undefined || index === gpu)
        .map(({ index, memoryUsedMiB }) => ({ index, usedMiB: memoryUsedMiB }));
    try {
      // A level that is not of now would make the difference a lie.
      const before = samples.isLive() ? levels(await freshSample()) : [];
      const outcome = await backend.unload(mode, closing.signal);
      const reached = outcome.kind === "accepted" || outcome.reached;
      reachable.set(backend.id, reached);
      backendChanges.emit(backendStates());
      if (!reached) return finish({ state: "failed", problem: outcome.problem });
      const failure = outcome.kind === "failed" ? outcome.problem : null;
      set({ state: "verifying", claim: outcome.kind === "accepted" ? outcome.claim : null });
      const patience = failure === null ? patienceMs : Math.min(patienceMs, PATIENCE_AFTER_FAILURE_MS);
      const { verdict, last } = await verify(before, levels, patience);
      await samples.refreshProcesses();
      finish({
        ...conclude(verdict, failure, patience),
        gpus: freedPerGpu(before, last),
        stillHeldBy: holders(gpu),
      });
    } finally {
      endFast();
    }
  }

  /** The first sample after the click: the one before it may be seconds old while nobody watches. */
  function freshSample(): Promise<Sample> {
    return new Promise((resolve) => {
      const end = () => {
        unsubscribe();
        clearTimeout(patience);
        closing.signal.removeEventListener("abort", end);
        resolve(samples.latest());
      };
      const unsubscribe = samples.onSample(end);
      const patience = setTimeout(end, FRESH_PATIENCE_MS);
      closing.signal.addEventListener("abort", end);
    });
  }

  function finish(patch: Partial<Release>) {
    set({ ...patch, finishedAt: Date.now() });
  }

  /** Collects the samples taken after the call until the judge has made up its mind. */
  function verify(before: readonly Level[], levels: (sample: Sample) => Level[], patience: number) {
    return new Promise<{ verdict: Verdict; last: Level[] }>((resolve) => {
      const startedMs = samples.nowMs();
      const readings: Reading[] = [];
      let last: Level[] = before.map(({ index }) => ({ index, usedMiB: null }));
      const look = () => {
        const verdict = judge(before, readings, samples.nowMs() - startedMs, patience);
        if (verdict.kind !== "waiting" || closing.signal.aborted) end(verdict);
      };
      const unsubscribe = samples.onSample((sample) => {
        last = levels(sample);
        readings.push({ tMs: sample.tMs, levels: last });
        look();
      });
      const timer = setInterval(look, LOOK_MS);
      closing.signal.addEventListener("abort", look);
      function end(verdict: Verdict) {
        unsubscribe();
        clearInterval(timer);
        closing.signal.removeEventListener("abort", look);
        resolve({ verdict, last });
      }
    });
  }

  function holders(gpu: number | undefined): Release["stillHeldBy"] {
    return samples
      .latest()
      .gpus.filter(({ index }) => gpu === undefined || index === gpu)
      .flatMap(({ index, processes }) => (processes ?? []).map((process) => ({ gpu: index, ...process })))
      .sort((a, b) => (b.usedMiB ?? 0) - (a.usedMiB ?? 0));
  }

  return {
    state: () => current,
    find: (id) => past.get(id) ?? null,
    backends: backendStates,
    onRelease: releases.subscribe,
    onBackends: backendChanges.subscribe,
    request(demand) {
      if (closing.signal.aborted) return refuse(problem("sidecar-closing"));
      const known = demand.requestId === undefined ? undefined : requests.get(demand.requestId);
      if (known !== undefined) return succeed({ id: known });
      if (isReleasing(current) && current.id !== null) return succeed({ id: current.id });
      const backend = backends.find(({ id }) => demand.backend === undefined || id === demand.backend);
      if (backend === undefined) {
        return refuse(
          demand.backend === undefined || backends.length === 0
            ? problem("no-backend")
            : problem("unknown-backend", { backend: demand.backend }),
        );
      }
      if (!backend.modes.includes(demand.mode))
        return refuse(problem("mode-unsupported", { mode: demand.mode }));
      const id = randomUUID();
      if (demand.requestId !== undefined) remember(requests, demand.requestId, id);
      set({
        ...IDLE_RELEASE,
        state: "calling",
        id,
        mode: demand.mode,
        backend: backend.id,
        requestedBy: demand.requestedBy,
        startedAt: Date.now(),
      });
      running = carryOut(backend, demand);
      return succeed({ id });
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** How a verdict is told. The measured figure is told with every one of them. */
function conclude(verdict: Verdict, failure: Problem | null, patienceMs: number): Partial<Release> {
  const freedMiB = "freedMiB" in verdict ? verdict.freedMiB : null;
  const unsettled = verdict.kind === "freed" && verdict.unsettled;
  if (failure !== null) return { state: "failed", freedMiB, unsettled, problem: failure };
  switch (verdict.kind) {
    case "freed":
      return { state: "done", freedMiB, unsettled };
    case "nothing":
      return { state: "failed", freedMiB, problem: problem("nothing-freed", { seconds: patienceMs / 1000 }) };
    case "grew":
      return { state: "failed", freedMiB, problem: problem("vram-grew", { mib: -verdict.freedMiB }) };
    case "unmeasurable":
      return { state: "done", freedMiB, problem: problem("not-measured") };
    case "waiting":
      return { state: "failed", freedMiB, problem: problem("sidecar-closing") };
  }
}

/** Adds to a map and lets go of its oldest entries. */
function remember<T>(map: Map<string, T>, key: string, value: T) {
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
