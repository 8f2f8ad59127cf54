import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { BUILT_IN_PROFILES } from "../../../shared/capacity/built-in-profiles.ts";
import { gpuCapacity, totalCanStart } from "../../../shared/capacity/concurrency.ts";
import { assessFit, type FitContext } from "../../../shared/capacity/fit.ts";
import type { Job } from "../../../shared/capacity/job.ts";
import { matchProfile, profileQuerySchema } from "../../../shared/capacity/match-profile.ts";
import type { Profile } from "../../../shared/capacity/profile.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { gpusAt } from "../client/store/small-sidecar.ts";

const [template] = gpusAt(1, ["GPU-a"]);
if (template === undefined) throw new Error("no GPU");
const gpu = (index: number, total: number | null, free: number | null) => ({
  ...template,
  index,
  uuid: `GPU-${index}`,
  memoryTotalMiB: total,
  memoryFreeMiB: free,
  memoryUsedMiB: total === null || free === null ? null : total - free,
  processes: [],
});
const context = (gpus: ReturnType<typeof gpu>[], more: Partial<FitContext> = {}): FitContext => ({
  gpus,
  promises: [],
  profiles: BUILT_IN_PROFILES,
  backends: [],
  jobs: [],
  nowMs: 1_000_000,
  ...more,
});
const profile = (id: string): Profile => {
  const found = BUILT_IN_PROFILES.find((one) => one.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};
const ollama = (models: BackendState["models"], busy: boolean | null): BackendState => ({
  id: "ollama",
  kind: "ollama",
  url: null,
  reachable: true,
  problem: null,
  busy,
  queue: null,
  models,
  allocator: null,
  parked: false,
  modes: ["auto", "now"],
  duringJob: "spared",
});
const job = (more: Partial<Job>): Job => ({
  id: "j1",
  label: "clip 7",
  profile: "wan2.1-14b-t2v-480p-quant",
  state: "running",
  gpus: [0],
  gpuCount: 1,
  peakMiB: 38_500,
  backend: null,
  pid: null,
  phase: null,
  requestedBy: "127.0.0.1",
  requestedAt: 0,
  startedAt: 980_000,
  endedAt: null,
  expiresAt: 2_000_000,
  position: null,
  ...more,
});

describe("one more job", () => {
  test("CAP-30 CAP-1 what fits is as many as the recommendation says, and needs no advice", () => {
    const small = profile("wan2.1-1.3b-t2v-480p-quant");
    const answer = assessFit(small, context([gpu(0, 49_140, 40_000)]));
    expect(answer).toMatchObject({ fits: true, canStart: 3, missingMiB: 0, never: false, options: [] });
    expect(answer.perGpu).toEqual([gpuCapacity(gpu(0, 49_140, 40_000), small)]);
  });

  test("CAP-30 what does not is told by how much, and each way that would be enough really is", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BUILT_IN_PROFILES),
        fc.integer({ min: 8000, max: 98_000 }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (wanted, total, share) => {
          const free = Math.floor(total * share);
          const room = (other: Profile) => gpuCapacity(gpu(0, total, free), other);
          const answer = assessFit(wanted, context([gpu(0, total, free)]));
          const one = wanted.gpus === 1;
          expect(answer.fits).toBe(one && (room(wanted).canStart ?? 0) > 0);
          if (answer.fits === true) expect(answer.options).toEqual([]);
          else if (one)
            expect(answer.missingMiB).toBe(wanted.peakMiB - (free - (room(wanted).reserveMiB ?? 0)));
          for (const option of answer.options) {
            if (!("profile" in option)) continue;
            const other = profile(option.profile);
            expect(option.enough).toBe(other.gpus === 1 && (room(other).canStart ?? 0) > 0);
            expect(other.peakMiB + other.uncertaintyMiB).toBeLessThan(wanted.peakMiB + wanted.uncertaintyMiB);
          }
        },
      ),
    );
  });

  test("CAP-30 the order is that of least harm: release, wait, settings, tiling, another model", () => {
    const gpus = [gpu(0, 49_140, 20_000)];
    const backends = [ollama([{ name: "llama", usedMiB: 22_000 }], null)];
    const answer = assessFit(profile("wan2.1-14b-t2v-480p"), context(gpus, { backends, jobs: [job({})] }));
    expect(answer.missingMiB).toBe(41_200 - (20_000 - 2457));
    expect(answer.options.map(({ kind }) => kind)).toEqual([
      "release",
      "wait",
      "quantize",
      "vae-tiling",
      "lighter-model",
      "lighter-model",
      "lighter-model",
    ]);
    // 42.1 s by the profile, 20 s gone.
    expect(answer.options[1]).toMatchObject({ secondsLeft: 22, gainMiB: 38_500, enough: true });
    const late = job({ startedAt: (job({}).startedAt ?? 0) - 60_000 });
    const overdue = assessFit(profile("wan2.1-14b-t2v-480p"), context(gpus, { backends, jobs: [late] }));
    expect(overdue.options[1]).toMatchObject({ kind: "wait", secondsLeft: null });
    expect(answer.options[2]).toMatchObject({ profile: "wan2.1-14b-t2v-480p-quant", enough: false });
  });

  test("CAP-30 what is offered needs less with its doubt: a measured figure in place of one that may be far too low", () => {
    const doubted = {
      ...profile("wan2.1-14b-t2v-480p"),
      peakMiB: 20_000,
      uncertaintyMiB: 13_000,
      raised: true,
    };
    const measured = { ...profile("wan2.1-14b-t2v-480p-quant"), peakMiB: 21_000, uncertaintyMiB: 400 };
    const offers = (free: number, wanted: Profile, other: Profile) =>
      assessFit(wanted, context([gpu(0, 49_140, free)], { profiles: [wanted, other] })).options.filter(
        ({ kind }) => kind === "quantize",
      );
    expect(offers(25_000, doubted, measured)).toMatchObject([{ profile: measured.id, enough: true }]);
    const known = { ...profile("wan2.1-14b-t2v-480p"), peakMiB: 22_000, uncertaintyMiB: 0 };
    expect(offers(20_000, known, { ...measured, peakMiB: 20_000, uncertaintyMiB: 9_000 })).toEqual([]);
  });

  test("CAP-30 waiting and releasing are enough only where they make room on GPUs that the job could use", () => {
    const wanted = profile("wan2.1-14b-t2v-480p-quant");
    // 0 lacks little, 1 lacks much: what ends on 1 does not bring it there, nor anything to 0.
    const gpus = [gpu(0, 49_140, 38_000), gpu(1, 49_140, 1_000)];
    const small = { profile: null, peakMiB: 6_000 };
    const options = (jobs: Job[], backends: BackendState[] = []) =>
      assessFit(wanted, context(gpus, { jobs, backends })).options;
    expect(options([job({ ...small, gpus: [1] })])[0]).toMatchObject({ kind: "wait", enough: false });
    expect(options([job({ ...small, gpus: [0] })])[0]).toMatchObject({ kind: "wait", enough: true });
    expect(options([], [ollama([{ name: "llama", usedMiB: 6_000 }], false)])[0]).toMatchObject({
      kind: "release",
      gainMiB: 6_000,
      enough: false,
    });
  });

  test("CAP-36 a GPU in MIG mode gives a job a slice: of the whole GPU's free VRAM nothing is recommended", () => {
    const wanted = profile("wan2.1-1.3b-t2v-480p-quant");
    const answer = assessFit(wanted, context([{ ...gpu(0, 81_559, 80_000), mig: true }]));
    expect(answer).toMatchObject({ fits: null, canStart: null, missingMiB: null });
    const beside = context([{ ...gpu(0, 81_559, 80_000), mig: true }, gpu(1, 24_564, 24_000)]);
    expect(assessFit(wanted, beside)).toMatchObject({ fits: true, canStart: 1 });
  });

  test("CAP-30 a busy backend is not offered for release, and nothing that makes room for what never fits", () => {
    const gpus = [gpu(0, 24_564, 10_000)];
    const busy = [ollama([{ name: "llama", usedMiB: 9_000 }], true)];
    const large = assessFit(
      profile("wan2.1-14b-t2v-480p"),
      context(gpus, { backends: busy, jobs: [job({})] }),
    );
    expect(large.never).toBe(true);
    expect(large.options.map(({ kind }) => kind)).not.toContain("release");
    expect(large.options.map(({ kind }) => kind)).not.toContain("wait");
    const small = assessFit(profile("wan2.1-1.3b-t2v-480p-quant"), context(gpus, { backends: busy }));
    expect(small.never).toBe(false);
    expect(small.options.map(({ kind }) => kind)).not.toContain("release");
  });

  test("CAP-4 without figures nothing is said", () => {
    const answer = assessFit(profile("wan2.1-14b-t2v-480p"), context([gpu(0, null, null)]));
    expect(answer).toMatchObject({ fits: null, canStart: null, missingMiB: null, never: false, options: [] });
  });
});

describe("jobs on several GPUs at once", () => {
  test("CAP-1 as many as can really be placed, no GPU twice for one job", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (rooms, k) => {
          const answer = totalCanStart(
            rooms.map((canStart) => ({ canStart })),
            k,
          );
          expect(answer).toBe(placeGreedily(rooms, k));
        },
      ),
    );
  });
});

/** Always onto the GPUs with most room left: optimal for jobs that are all alike. */
function placeGreedily(rooms: readonly number[], k: number): number {
  const left = [...rooms];
  for (let jobs = 0; ; jobs++) {
    left.sort((a, b) => b - a);
    if ((left[k - 1] ?? 0) === 0) return jobs;
    for (let i = 0; i < k; i++) left[i] = (left[i] ?? 0) - 1;
  }
}

describe("the profile that is meant", () => {
  const query = (settings: Record<string, string>) => v.parse(profileQuerySchema, settings);
  const match = (settings: Record<string, string>) => matchProfile(query(settings), BUILT_IN_PROFILES)?.id;

  test("CAP-30 by id, or by settings; what is left open counts as the heaviest", () => {
    expect(match({ profile: "wan2.2-i2v-a14b" })).toBe("wan2.2-i2v-a14b");
    expect(match({ model: "wan2.1-14b", resolution: "480p" })).toBe("wan2.1-14b-t2v-480p");
    expect(match({ model: "Wan2.1-14B", resolution: "832x480", quant: "quant_linear" })).toBe(
      "wan2.1-14b-t2v-480p-quant",
    );
    expect(match({ model: "wan2.1-14b", task: "i2v", gpus: "4" })).toBe("wan2.1-14b-i2v-720p-x4");
    expect(match({ model: "wan9" })).toBeUndefined();
    expect(() => query({ resolution: "large" })).toThrow("a resolution such as");
    expect(() => query({ modle: "wan" })).toThrow();
  });
});
