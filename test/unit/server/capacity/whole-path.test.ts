import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEstimator } from "../../../../server/capacity/estimator.ts";
import { BUILT_IN_PROFILES } from "../../../../shared/capacity/built-in-profiles.ts";
import { DEFAULT_RESERVE, type ReserveSettings } from "../../../../shared/capacity/concurrency.ts";
import { assessFit } from "../../../../shared/capacity/fit.ts";
import type { Gpu, GpuProcess } from "../../../../shared/gpu/gpu.ts";
import type { HostState } from "../../../../shared/protocol/state.ts";
import type { BackendState } from "../../../../shared/release/backend.ts";
import { backendWith } from "../../../helpers/backend-with.ts";
import { numRuns } from "../../../helpers/seeds.ts";
import { gpusAt } from "../../client/store/small-sidecar.ts";

/** One GPU as a driver could report it: figures that may be missing, processes that hold no more than is used. */
const process = fc.record({
  pid: fc.integer({ min: 1, max: 50 }),
  name: fc.constantFrom("python", "ollama", null),
  usedMiB: fc.option(fc.nat({ max: 60_000 }), { nil: null, freq: 6 }),
});
const processes = fc.option(fc.uniqueArray(process, { maxLength: 4, selector: ({ pid }) => pid }), {
  nil: null,
  freq: 4,
});
const load = fc.record({
  total: fc.integer({ min: 6_000, max: 96_000 }),
  free: fc.double({ min: 0, max: 1, noNaN: true }),
  util: fc.option(fc.nat({ max: 100 }), { nil: null, freq: 6 }),
  processes,
});
type Load = typeof load extends fc.Arbitrary<infer T> ? T : never;

const HOST = { memoryTotalMiB: 128_000, memoryAvailableMiB: 100_000, memoryLimitMiB: null };
function gpuOf({ total, free, util, processes }: Load, index: number, more: Partial<Gpu> = {}): Gpu {
  const [gpu] = gpusAt(1, [`GPU-${index}`]);
  if (gpu === undefined) throw new Error("no GPU");
  const memoryFreeMiB = Math.floor(total * free);
  return {
    ...gpu,
    index,
    memoryTotalMiB: total,
    memoryFreeMiB,
    memoryUsedMiB: total - memoryFreeMiB,
    utilizationGpuPct: util,
    processes,
    ...more,
  };
}

function estimatorOf(
  reserve: ReserveSettings = DEFAULT_RESERVE,
  host: Pick<HostState, "memoryTotalMiB" | "memoryAvailableMiB" | "memoryLimitMiB"> = HOST,
  backends: readonly BackendState[] = [],
) {
  return createEstimator({
    profiles: BUILT_IN_PROFILES,
    store: { load: () => [], append: () => {} },
    jobs: () => [],
    backends: () => backends,
    reserve,
    isWsl: false,
    epochMs: 0,
    readHost: () => host,
  });
}

/** The answers of the product for one sample: for every profile the state's capacity, and the fit. */
function answers(
  gpus: Gpu[],
  {
    reserve = DEFAULT_RESERVE,
    host = HOST,
    backends = [],
    samples = 1,
    watched = false,
  }: {
    reserve?: ReserveSettings;
    host?: { memoryTotalMiB: number | null; memoryAvailableMiB: number | null; memoryLimitMiB: null };
    backends?: BackendState[];
    samples?: number;
    watched?: boolean;
  } = {},
) {
  const estimator = estimatorOf(reserve, host, backends);
  estimator.setWatched(watched);
  for (let seq = 1; seq <= samples; seq++) {
    // A new list with every sample, as the process query brings it.
    const now = gpus.map((gpu) => ({
      ...gpu,
      processes: gpu.processes === null ? null : [...gpu.processes],
    }));
    estimator.sample({ seq, tMs: seq * 1000, gpus: now });
  }
  const known = estimator.profiles();
  const promises = estimator.promises();
  return known.map((profile) => ({
    profile,
    promises,
    state: estimator.capacity(profile.id),
    fit: assessFit(profile, { gpus, promises, profiles: known, backends, jobs: [], nowMs: 0 }),
  }));
}

describe("from the sample to the answer", () => {
  test("CAP-1 CAP-5 CAP-7 CAP-9 never negative, never more than physically fits, and the fit says what the state says", () => {
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 4 }), (loads) => {
        const gpus = loads.map((one, i) => gpuOf(one, i));
        for (const { profile, state, fit } of answers(gpus)) {
          let places = 0;
          state.perGpu.forEach((gpu, i) => {
            const { canStart, promisedMiB, reserveMiB, perJobMiB, recommendedMax, running, bar } = gpu;
            if (canStart === null || reserveMiB === null || bar === null) throw new Error("VRAM is known");
            expect(canStart).toBeGreaterThanOrEqual(0);
            expect(Number.isInteger(canStart)).toBe(true);
            expect(recommendedMax).toBe((running ?? 0) + canStart);
            const { memoryFreeMiB: free, memoryTotalMiB: total } = gpus[i] ?? {};
            if (canStart > 0)
              expect(canStart * perJobMiB + reserveMiB + (promisedMiB ?? 0)).toBeLessThanOrEqual(free ?? 0);
            expect(Object.values(bar).reduce<number>((sum, mib) => sum + (mib ?? 0), 0)).toBe(total);
            places += canStart;
          });
          expect(state.canStart).toBeLessThanOrEqual(Math.floor(places / profile.gpus));
          expect(fit.canStart).toBe(state.canStart);
          expect(fit.fits).toBe((state.canStart ?? 0) > 0);
          expect(fit.missingMiB === 0).toBe(fit.fits);
          for (const [i, gpu] of fit.perGpu.entries()) expect(state.perGpu[i]).toMatchObject(gpu);
        }
      }),
      { numRuns: numRuns(60) },
    );
  });

  test("CAP-3 CAP-8 more free VRAM never recommends fewer, a larger reserve never more", () => {
    const shares = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    const reserves = fc.tuple(fc.nat({ max: 20_000 }), fc.nat({ max: 20_000 }));
    // Nothing is listed, so that the same is promised however much is free.
    fc.assert(
      fc.property(load, shares, reserves, (one, [a, b], [c, d]) => {
        const quiet = { ...one, processes: [] };
        const count = (free: number, floorMiB: number) =>
          answers([gpuOf({ ...quiet, free }, 0, { processes: null })], {
            reserve: { ...DEFAULT_RESERVE, floorMiB },
          }).map(({ fit }) => fit.canStart ?? -1);
        const [less, more] = [count(Math.min(a, b), 1024), count(Math.max(a, b), 1024)];
        for (const [i, n] of less.entries()) expect(n).toBeLessThanOrEqual(more[i] ?? -1);
        const [wide, narrow] = [count(a, Math.max(c, d)), count(a, Math.min(c, d))];
        for (const [i, n] of wide.entries()) expect(n).toBeLessThanOrEqual(narrow[i] ?? -1);
      }),
      { numRuns: numRuns(40) },
    );
  });

  test("CAP-4 what is not known in is not known out: total, free or both", () => {
    fc.assert(
      fc.property(
        load,
        fc.constantFrom("memoryTotalMiB" as const, "memoryFreeMiB" as const),
        (one, missing) => {
          for (const { state, fit } of answers([gpuOf(one, 0, { [missing]: null })])) {
            expect([state.canStart, state.recommendedMax, fit.canStart, fit.fits, fit.missingMiB]).toEqual(
              Array(5).fill(null),
            );
            expect(state.perGpu[0]).toMatchObject({ canStart: null, recommendedMax: null, bar: null });
            expect(state.perGpu[0]?.explanation).not.toMatch(/\d/);
            if (missing === "memoryTotalMiB") expect(fit.never).toBe(false);
          }
        },
      ),
      { numRuns: numRuns(40) },
    );
  });

  test("CAP-12 N/A memory: a GPU that shares the host's is reckoned with it and says so; any other stays unknown", () => {
    const unified = { memoryTotalMiB: null, memoryFreeMiB: null, memoryUsedMiB: null, processes: null };
    const quiet = { total: 1, free: 1, util: 0, processes: null };
    const [spark] = answers([gpuOf(quiet, 0, { ...unified, name: "NVIDIA GB10" })]);
    const [gpu] = spark?.state.perGpu ?? [];
    expect(gpu).toMatchObject({ unifiedMemory: true, freeMiB: 100_000, canStart: 6 });
    expect(gpu?.explanation).toContain("shares the host's memory");
    const parts = Object.values(gpu?.bar ?? {});
    expect(parts.reduce<number>((sum, mib) => sum + (mib ?? 0), 0)).toBe(128_000);
    expect(spark?.fit).toMatchObject({ fits: true, never: false, canStart: 6 });
    const blind = { memoryTotalMiB: null, memoryAvailableMiB: null, memoryLimitMiB: null };
    const [untold] = answers([gpuOf(quiet, 0, { ...unified, name: "NVIDIA GB10" })], { host: blind });
    expect(untold?.fit).toMatchObject({ fits: null, canStart: null });
    const [other] = answers([gpuOf(quiet, 0, { ...unified, name: "GRID A100" })]);
    expect(other?.state.perGpu[0]).toMatchObject({ unifiedMemory: false, canStart: null });
  });
});

describe("who is there and does nothing", () => {
  const quiet = (used: number, list: GpuProcess[], util = 0): Gpu =>
    gpuOf({ total: 24_564, free: 1, util, processes: [] }, 0, {
      memoryUsedMiB: used,
      memoryFreeMiB: 24_564 - used,
      processes: list,
    });
  const small = "wan2.1-1.3b-t2v-480p-quant";
  const on = (gpu: Gpu, more: Parameters<typeof answers>[1] = {}) =>
    answers([gpu], more).find(({ profile }) => profile.id === small)?.state.perGpu[0];

  test("CAP-18 CAP-33 a desktop of a few hundred MiB that was there before anybody looked promises nothing", () => {
    expect(on(quiet(400, [{ pid: 7, name: "python", usedMiB: 380 }]))).toMatchObject({
      running: 0,
      promisedMiB: 0,
      canStart: 1,
    });
    // On a GPU that computes it may as well be a job that has just begun.
    expect(on(quiet(400, [{ pid: 7, name: "python", usedMiB: 380 }], 60))).toMatchObject({ running: 1 });
  });

  test("CAP-18 CAP-33 what holds VRAM and has done nothing for a minute runs no job, and keeps what it holds", () => {
    const held = quiet(9_000, [{ pid: 7, name: "server", usedMiB: 8_900 }]);
    expect(on(held)).toMatchObject({ running: 1, canStart: 0 });
    expect(on(held, { samples: 62 })).toMatchObject({ running: 0, promisedMiB: 0, canStart: 1 });
  });

  test("CAP-7 CAP-11 CAP-33 a backend that says that it runs nothing promises nothing, and what it holds is reclaimable", () => {
    const held = quiet(9_000, [{ pid: 7, name: "python", usedMiB: 8_900, backend: "comfyui" }]);
    const backend = backendWith({
      allocator: { allocatedMiB: 6_000, reservedMiB: 8_000, maxAllocatedMiB: 8_000 },
    });
    const told = { backends: [backend], watched: true };
    expect(on(held, told)).toMatchObject({ running: 0, promisedMiB: 0, canStart: 1 });
    const { reclaimableMiB, freeMiB, bar } = on(held, told) ?? {};
    expect([reclaimableMiB, freeMiB]).toEqual([8_600, 15_564]);
    expect(bar).toMatchObject({ tensorsMiB: 6_000, cacheMiB: 2_000, backendMiB: 900, othersMiB: 100 });
    // Its word is old where nobody watches, and it says something else while it works.
    expect(on(held, { ...told, watched: false })).toMatchObject({ running: 1, canStart: 0 });
    const works = { ...told, backends: [{ ...backend, busy: true }] };
    expect(on(held, works)).toMatchObject({ running: 1, canStart: 0, reclaimableMiB: 0 });
  });

  test("CAP-34 what a release took is not promised to its process again, until it works again", () => {
    const estimator = estimatorOf();
    let seq = 0;
    const see = (used: number, util: number) => {
      const process = { pid: 7, name: "python", usedMiB: used - 400 };
      seq++;
      estimator.sample({ seq, tMs: seq * 1000, gpus: [quiet(used, [process], util)] });
      return estimator.capacity(small).perGpu[0];
    };
    see(2_000, 90);
    expect(see(20_000, 90)).toMatchObject({ running: 1, canStart: 0 });
    estimator.releasing();
    expect(see(1_000, 0)).toMatchObject({ canStart: 0 });
    estimator.released(["comfyui"]);
    expect(see(1_000, 0)).toMatchObject({ running: 0, promisedMiB: 0, canStart: 1 });
    expect(see(4_000, 90)).toMatchObject({ running: 1, canStart: 0 });
  });

  test("CAP-17 a GPU that one job keeps busy says that a second will not finish sooner", () => {
    const busy = quiet(9_000, [{ pid: 7, name: "ollama", usedMiB: 8_900 }], 97);
    const gpu = on(busy, { samples: 12 });
    expect(gpu?.useful).toEqual({ verdict: "helpful", utilizationPct: null });
    const job = quiet(400, [{ pid: 7, name: "python", usedMiB: 380 }], 97);
    const works = on({ ...job, processes: null }, { samples: 12 });
    expect(works?.useful).toEqual({ verdict: "not-faster", utilizationPct: 97 });
    expect(works?.explanation).toContain("the GPU is 97 % busy: another job fits but will not finish sooner");
  });
});
