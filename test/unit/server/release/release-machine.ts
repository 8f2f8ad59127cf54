import { expect, vi } from "vitest";
import { createEmitter } from "../../../../server/lib/emitter.ts";
import { createBackendWatch } from "../../../../server/release/backend-watch.ts";
import type { Backend, UnloadOutcome } from "../../../../server/release/backends/backend.ts";
import { createReleaseController } from "../../../../server/release/controller.ts";
import type { ReleaseLimits } from "../../../../server/release/release-limits.ts";
import type { ReleaseSamples } from "../../../../server/release/samples.ts";
import type { ReleaseDemand } from "../../../../server/release/targets.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../../shared/gpu/sample.ts";
import { recordOf } from "../../../../shared/release/record.ts";
import type { Release } from "../../../../shared/release/release.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

export const LIMITS: ReleaseLimits = {
  ...TIMINGS.release,
  patience: TIMINGS.patience,
  patienceMs: 2000,
  statusIntervalMs: 500,
  jobLimitMs: 600_000,
  stopLimitMs: 10_000,
};
export const ACCEPTED: UnloadOutcome = { kind: "accepted", claim: null };
/** Longer than any release without a job takes. */
const LONG_MS = 120_000;

const gpuOf = (index: number, memoryUsedMiB: number | null) =>
  gpuWith({
    index,
    uuid: `GPU-${index}`,
    name: `GPU ${index}`,
    memoryTotalMiB: 49_140,
    memoryUsedMiB,
    utilizationGpuPct: 0,
    temperatureC: 40,
    powerDrawW: 50,
    utilizationMemoryPct: 0,
  });

/** A machine whose figures the test sets; as with the real one, processes are of the last query. */
export function machine(...used: (number | null)[]) {
  const samples = createEmitter<Sample>();
  const levels = [...used];
  const listed: (readonly GpuProcess[] | null)[] = used.map(() => null);
  let live = true;
  let seq = 0;
  let latest: Sample = { seq: 0, tMs: 0, gpus: [] };
  let query: () => Promise<void> = async () => {};
  const startedMs = performance.now();
  const nowMs = () => performance.now() - startedMs;
  /** What is running now. */
  const processes: (GpuProcess[] | null)[] = used.map(() => []);
  let fast = 0;
  function feed() {
    if (!live) return;
    const gpus = levels.map((level, i) => ({ ...gpuOf(i, level), processes: listed[i]?.slice() ?? null }));
    latest = { seq: ++seq, tMs: nowMs(), gpus };
    samples.emit(latest);
  }
  const timer = setInterval(feed, 250);
  feed();
  const source: ReleaseSamples = {
    latest: () => latest,
    isLive: () => live,
    nowMs,
    onSample: samples.subscribe,
    holdFast() {
      fast++;
      return () => {
        fast--;
      };
    },
    async refreshProcesses() {
      await query();
      processes.forEach((list, i) => {
        listed[i] = list?.slice() ?? null;
      });
      latest = {
        ...latest,
        gpus: latest.gpus.map((gpu, i) => ({ ...gpu, processes: listed[i]?.slice() ?? null })),
      };
    },
  };
  return {
    source,
    levels,
    processes,
    holds: () => fast,
    /** The samples stop; the last one tells nothing, as the sampler has it. */
    die() {
      levels.fill(null);
      processes.fill(null);
      feed();
      live = false;
    },
    onQuery(next: () => Promise<void>) {
      query = next;
    },
    stop: () => clearInterval(timer),
  };
}

const open: (() => void)[] = [];

/** Time is the test's: to be called before each, and `endAll` after it. */
export const beginFake = () => vi.useFakeTimers();
export function endAll() {
  for (const close of open.splice(0)) close();
  vi.useRealTimers();
}
interface Setting {
  on?: ReturnType<typeof machine>;
  limits?: Partial<ReleaseLimits>;
  watched?: boolean;
  /** Backends in which declared jobs run. */
  declared?: ReadonlySet<string>;
}

export function start(
  backends: readonly Backend[],
  { on = machine(20_000), limits = {}, watched = true, declared = new Set() }: Setting = {},
) {
  const watch = createBackendWatch(backends, LIMITS.statusIntervalMs, (id) => declared.has(id));
  watch.setWatched(watched);
  const controller = createReleaseController({
    backends,
    watch,
    samples: on.source,
    ownersFound: () => true,
    limits: { ...LIMITS, ...limits },
  });
  const seen: Release[] = [];
  controller.onRelease((release) => seen.push(release));
  open.push(() => {
    on.stop();
    watch.setWatched(false);
  });
  function demand(more: Partial<ReleaseDemand> = {}): string {
    const reply = controller.request({ mode: "auto", requestedBy: "10.0.0.1", ...more });
    if (!reply.ok) throw new Error(reply.code);
    return reply.data.id;
  }
  /** Lets time pass until the release is as wanted. */
  async function until(holds: (release: Release) => boolean, atMostMs = LONG_MS): Promise<Release> {
    for (let passed = 0; passed <= atMostMs; passed += 50) {
      if (holds(controller.state())) return controller.state();
      await vi.advanceTimersByTimeAsync(50);
    }
    throw new Error(`in vain; it is ${JSON.stringify(controller.state())}`);
  }
  const ended = (atMostMs?: number) => until(({ finishedAt }) => finishedAt !== null, atMostMs);
  const inState = (state: Release["state"], atMostMs?: number) =>
    until((release) => release.state === state, atMostMs);
  /** The release from the demand to its end. */
  async function release(more: Partial<ReleaseDemand> = {}): Promise<Release> {
    demand(more);
    return ended();
  }
  return { controller, watch, seen, demand, until, ended, inState, release };
}

/** An unload that gives this back on the GPU. */
export const frees =
  (on: ReturnType<typeof machine>, mib: number, gpu = 0): Backend["unload"] =>
  async () => {
    on.levels[gpu] = (on.levels[gpu] ?? 0) - mib;
    return ACCEPTED;
  };

/** Every part of a release that has ended has ended, too, and it is kept. */
export function expectEnded(release: Release) {
  expect(["done", "failed"]).toContain(release.state);
  expect(release.waiting).toBeNull();
  for (const part of release.parts)
    expect(["done", "failed", "cancelled"], part.backend).toContain(part.state);
  if (release.state === "failed") expect(release.problem).not.toBeNull();
  expect(recordOf(release)).toMatchObject({ id: release.id, state: release.state });
}
