import { describe, expect, test } from "vitest";
import { createEstimator } from "../../../../server/capacity/estimator.ts";
import type { Signature } from "../../../../server/capacity/learn.ts";
import { BUILT_IN_PROFILES } from "../../../../shared/capacity/built-in-profiles.ts";
import { DEFAULT_RESERVE } from "../../../../shared/capacity/concurrency.ts";
import type { Job } from "../../../../shared/capacity/job.ts";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import { backendWith } from "../../../helpers/backend-with.ts";
import { gpusAt } from "../../client/store/small-sidecar.ts";

const TOTAL = 98_304;
const SMALL = "wan2.1-1.3b-t2v-480p-quant";
const python = (pid: number, usedMiB: number, backend?: string): GpuProcess => ({
  pid,
  name: "python",
  usedMiB,
  ...(backend === undefined ? {} : { backend }),
});
const jobOf = (id: string, more: Partial<Job> = {}): Job => ({
  id,
  label: id,
  profile: SMALL,
  state: "running",
  gpus: [0],
  gpuCount: 1,
  peakMiB: 14_000,
  backend: null,
  pid: null,
  phase: null,
  requestedBy: "test",
  requestedAt: 0,
  startedAt: 0,
  endedAt: null,
  expiresAt: 600_000,
  position: null,
  ...more,
});

/** An estimator on one GPU, shown a list of processes every second. */
function station({ watched = false } = {}) {
  let jobs: Job[] = [];
  let nowMs = 0;
  const kept: Signature[] = [];
  const estimator = createEstimator({
    profiles: BUILT_IN_PROFILES,
    store: { load: () => [], append: (signature) => kept.push(signature) },
    jobs: () => jobs,
    backends: () => [backendWith(), backendWith({ id: "other" })],
    reserve: DEFAULT_RESERVE,
    isWsl: false,
    epochMs: 0,
    readHost: () => ({ memoryTotalMiB: null, memoryAvailableMiB: null, memoryLimitMiB: null }),
  });
  estimator.setWatched(watched);
  const room = () => {
    const [gpu] = gpusAt(1, ["GPU-a"]);
    if (gpu === undefined) throw new Error("no GPU");
    return estimator.roomOf({ ...gpu, memoryTotalMiB: TOTAL });
  };
  return {
    estimator,
    kept,
    room,
    run(...next: Job[]) {
      jobs = next;
      estimator.look();
    },
    end(id: string, more: { state?: Job["state"]; peakMiB?: number; oom?: boolean } = {}) {
      const job = jobs.find((one) => one.id === id);
      if (job === undefined) throw new Error(id);
      const ended = { ...job, state: more.state ?? ("done" as const), endedAt: nowMs };
      jobs = jobs.map((one) => (one.id === id ? ended : one));
      estimator.jobEnded({ job: ended, peakMiB: more.peakMiB ?? null, oom: more.oom ?? false });
    },
    /** @param freeMiB what the sample says, where that is another moment than the list's */
    see(processes: GpuProcess[], { util = 90, freeMiB }: { util?: number; freeMiB?: number } = {}) {
      nowMs += 1000;
      const held = processes.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 500);
      const free = freeMiB ?? TOTAL - held;
      const gpus = gpusAt(1, ["GPU-a"]).map((gpu) => ({
        ...gpu,
        memoryTotalMiB: TOTAL,
        memoryUsedMiB: TOTAL - free,
        memoryFreeMiB: free,
        utilizationGpuPct: util,
        processes,
      }));
      estimator.sample({ seq: nowMs / 1000, tMs: nowMs, gpus });
      return estimator.promises()[0]?.promisedMiB ?? null;
    },
    figure: (id = SMALL) => estimator.profiles().find((profile) => profile.id === id),
  };
}
const times = <T>(n: number, step: () => T): T | undefined => Array.from({ length: n }, step).at(-1);

describe("a job that tells no process", () => {
  test("CAP-7 CAP-13 is not given one that worked before it came: both will take their peaks", () => {
    const { see, run, room } = station();
    const before = see([python(7, 18_000)]) ?? 0;
    expect(before).toBeGreaterThan(15_000);
    run(jobOf("mine", { startedAt: 1500 }));
    // The other's whole rest, and all of its own.
    expect(see([python(7, 18_000)])).toBeGreaterThanOrEqual(before + 14_000);
    expect(room().unmarkedMiB).toBeGreaterThanOrEqual(before);
  });

  test("CAP-25 is given the one that began after it, and its end teaches what that held", () => {
    const { see, run, end, kept } = station();
    see([]);
    run(jobOf("mine", { startedAt: 1500 }));
    see([python(7, 4_000)]);
    expect(see([python(7, 9_000)])).toBe(5_000);
    end("mine");
    expect(kept).toMatchObject([{ profile: SMALL, peakMiB: 9_000 }]);
  });

  test("CAP-14 at its end no process of another job, nor one of several, is taken for its own", () => {
    const { see, run, end, kept } = station();
    const large = jobOf("large", { profile: "wan2.2-i2v-a14b", peakMiB: 39_500, pid: 7, startedAt: 0 });
    run(large, jobOf("mine", { startedAt: 500 }));
    times(5, () => see([python(7, 30_000)]));
    end("mine");
    expect(kept).toEqual([]);
    run(large, jobOf("next", { startedAt: 5500 }));
    times(5, () => see([python(7, 30_000), python(8, 3_000), python(9, 11_000)]));
    end("next");
    expect(kept).toEqual([]);
  });
});

describe("jobs in one process", () => {
  const two = [
    jobOf("a", { pid: 7, peakMiB: 14_000 }),
    jobOf("b", { pid: 7, peakMiB: 14_000, startedAt: 1500 }),
  ] as const;

  test("CAP-25 share what it holds: the second has promised its peak although the first holds as much", () => {
    const { see, run, estimator } = station();
    run(two[0]);
    expect(see([python(7, 14_000)])).toBe(0);
    run(...two);
    expect(see([python(7, 14_000)])).toBe(14_000);
    expect(see([python(7, 20_000)])).toBe(8_000);
    // And nothing is promised twice: what both hold is neither's peak.
    expect(see([python(7, 28_000)])).toBe(0);
    expect(two.map((job) => estimator.figures.present(job))).toEqual([14_000, 14_000]);
    expect(see([python(7, 30_000)])).toBe(0);
  });

  test("CAP-14 CAP-15 what both hold is learned of neither", () => {
    const { see, run, end, kept, figure } = station();
    const peak = figure()?.peakMiB;
    run(...two);
    times(5, () => see([python(7, 28_000)]));
    expect(figure()?.peakMiB).toBe(peak);
    end("a");
    expect(kept).toEqual([]);
  });
});

describe("a process after its job", () => {
  test("CAP-24 a job that only fell silent keeps the promise of its process", () => {
    const { see, run, end, room } = station();
    run(jobOf("silent", { profile: "wan2.2-i2v-a14b", peakMiB: 39_500, pid: 7 }));
    times(5, () => see([python(7, 18_000)]));
    end("silent", { state: "expired" });
    expect(see([python(7, 18_000)])).toBeGreaterThan(15_000);
    expect(room().unmarkedMiB).toBeGreaterThan(15_000);
  });

  test("CAP-33 what a job leaves behind promises nothing for a while, unless it loads anew", () => {
    const { see, run, end } = station();
    run(jobOf("first", { pid: 7 }));
    times(5, () => see([python(7, 12_000)]));
    end("first");
    expect(see([python(7, 2_000)])).toBeLessThan(12_000);
    times(3, () => see([python(7, 2_000)]));
    expect(see([python(7, 2_000)])).toBe(0);
    expect(see([python(7, 9_000)])).toBeGreaterThan(0);
  });

  test("CAP-33 a backend that calls itself idle while it loads is not taken at its word", () => {
    const { see } = station({ watched: true });
    expect(times(5, () => see([python(7, 2_000, "comfyui")]))).toBe(0);
    expect(see([python(7, 9_000, "comfyui")])).toBeGreaterThan(0);
    expect(times(16, () => see([python(7, 9_000, "comfyui")]))).toBe(0);
  });

  test("CAP-34 a release of one backend leaves alone what another runs, between its humps as well", () => {
    const { see, estimator } = station();
    const hump = (other: number, ours: number) =>
      see([python(7, ours, "comfyui"), python(8, other, "other")]);
    times(5, () => hump(30_000, 20_000));
    hump(10_000, 20_000);
    estimator.releasing();
    estimator.released(["comfyui"]);
    expect(hump(10_000, 1_000)).toBeGreaterThanOrEqual(20_000);
  });
});

describe("a release on a machine that hides processes", () => {
  const heldByNobody = (usedMiB: number) => ({ freeMiB: TOTAL - usedMiB });

  test("CAP-34 what the released backend gave back promises nothing any more", () => {
    const { see, estimator } = station();
    times(5, () => see([], heldByNobody(18_000)));
    estimator.releasing();
    estimator.released(["comfyui"]);
    expect(times(3, () => see([], heldByNobody(1_800)))).toBe(0);
  });

  test("CAP-34 without a release what is left may grow again, and beside a listed process of the backend it is others'", () => {
    const { see } = station();
    times(5, () => see([], heldByNobody(18_000)));
    expect(times(3, () => see([], heldByNobody(6_800)))).toBeGreaterThan(10_000);
    const { see: seeListed, estimator } = station();
    const listed = [python(7, 2_000, "comfyui")];
    times(5, () => seeListed(listed, heldByNobody(20_000)));
    estimator.releasing();
    estimator.released(["comfyui"]);
    expect(times(3, () => seeListed(listed, heldByNobody(3_800)))).toBeGreaterThan(10_000);
  });
});

describe("a job on a machine that tells of no process", () => {
  const used = (mib: number, util = 90) => ({ freeMiB: TOTAL - 500 - mib, util });

  test("CAP-39 has promised its peak in its first hump, and nothing once it is gone", () => {
    const { see, kept } = station();
    times(3, () => see([], used(0)));
    expect(times(20, () => see([], used(18_000)))).toBeGreaterThan(21_000);
    times(20, () => see([], used(39_500)));
    expect(times(2, () => see([], used(0)))).toBe(0);
    expect(kept).toMatchObject([{ profile: null, peakMiB: 39_500, outOfMemory: false }]);
    // The next one is known in its first hump by the first.
    const promised = times(20, () => see([], used(18_000))) ?? 0;
    expect(promised).toBeGreaterThanOrEqual(39_500 - 18_000);
  });

  test("CAP-39 a pause of less than a minute is no end, whatever backends say of themselves", () => {
    const { see } = station({ watched: true });
    times(3, () => see([], used(0)));
    const promised = times(20, () => see([], used(15_000))) ?? 0;
    expect(promised).toBeGreaterThan(10_000);
    expect(times(40, () => see([], used(15_000, 0)))).toBe(promised);
    expect(times(30, () => see([], used(15_000, 0)))).toBe(0);
  });

  test("CAP-39 what stayed of one marked job is not somebody else's beside the next one", () => {
    const { see, run, end, kept } = station();
    times(3, () => see([], used(0)));
    run(jobOf("first", { peakMiB: 20_000, startedAt: 3_000 }));
    times(9, () => see([], used(15_000)));
    end("first");
    expect(times(200, () => see([], used(13_000, 0)))).toBe(0);
    run(jobOf("next", { peakMiB: 20_000, startedAt: 213_000 }));
    expect(times(30, () => see([], used(15_000)))).toBe(20_000);
    end("next");
    expect(times(9, () => see([], used(13_000, 0)))).toBe(0);
    expect(kept).toEqual([]);
  });

  test("CAP-21 CAP-39 what a marked job holds beyond its peak is held, and will not grow into the largest job there is", () => {
    const { see, run } = station();
    times(3, () => see([], used(0)));
    run(jobOf("mine", { peakMiB: 14_000, startedAt: 3_000 }));
    times(9, () => see([], used(17_000)));
    expect(see([], used(17_000))).toBeLessThan(14_000 + 1_000);
    expect(times(9, () => see([], used(11_500)))).toBe(14_000);
  });

  test("CAP-39 that is marked is nobody's beside, neither while it runs nor when it has ended", () => {
    const { see, run, end, kept } = station();
    times(3, () => see([], used(0)));
    run(jobOf("mine", { peakMiB: 14_000, startedAt: 3_000 }));
    expect(times(9, () => see([], used(12_000)))).toBe(14_000);
    end("mine");
    // Its process is still there for a moment; what it leaves for longer does nothing.
    expect(times(3, () => see([], used(12_000)))).toBe(0);
    expect(times(3, () => see([], used(0)))).toBe(0);
    expect(kept).toEqual([]);
  });

  test("CAP-39 that began before a marked one keeps its promise beside it", () => {
    const { see, run } = station();
    times(3, () => see([], used(0)));
    const theirs = times(9, () => see([], used(18_000))) ?? 0;
    run(jobOf("mine", { peakMiB: 14_000, startedAt: 12_000 }));
    const both = Math.min(theirs, 21_500) + 14_000;
    expect(times(9, () => see([], used(30_000)))).toBeGreaterThanOrEqual(both);
    expect(times(200, () => see([], used(30_000)))).toBeGreaterThanOrEqual(both);
  });

  test("CAP-24 CAP-39 that was marked and fell silent is promised its peak at once, as one that nobody marked", () => {
    const { see, run, end, room } = station();
    times(3, () => see([], used(0)));
    run(jobOf("silent", { profile: "wan2.2-i2v-a14b", peakMiB: 45_000, startedAt: 3_000 }));
    times(9, () => see([], used(18_000)));
    end("silent", { state: "expired" });
    expect(room().unmarkedMiB).toBeGreaterThanOrEqual(21_500);
    expect(see([], used(18_000))).toBeGreaterThanOrEqual(21_500);
  });

  test("CAP-24 CAP-39 that fell silent beside another marked one is promised its peak beside that one's", () => {
    const { see, run, end } = station();
    times(3, () => see([], used(0)));
    const [silent, other] = [jobOf("silent", { peakMiB: 20_000 }), jobOf("other", { peakMiB: 24_000 })];
    run(silent, other);
    times(9, () => see([], used(18_000)));
    end("silent", { state: "expired" });
    expect(times(9, () => see([], used(18_000)))).toBeGreaterThanOrEqual(24_000 + 12_000);
  });

  test("CAP-39 beside marked ones is at least what is beyond their peaks, and forgotten when there is no sign of it", () => {
    const { see, run } = station();
    times(3, () => see([], used(0)));
    run(jobOf("mine", { peakMiB: 14_000, startedAt: 3_000 }));
    times(9, () => see([], used(12_000)));
    // Somebody else's job begins beside it: 30,500 can not be the marked one's alone.
    expect(times(3, () => see([], used(30_500)))).toBeGreaterThan(14_000 + 2_000);
    // It has gone, or so it seems.
    times(5, () => see([], used(12_000)));
    expect(times(620, () => see([], used(12_000)))).toBe(14_000);
  });

  test("CAP-39 what is left when it has done nothing for a minute promises nothing, and what began to load is nobody's", () => {
    const { see } = station();
    times(3, () => see([], used(0)));
    times(9, () => see([], used(2_000)));
    times(20, () => see([], used(30_000)));
    expect(times(70, () => see([], used(6_000, 0)))).toBe(0);
    expect(times(3, () => see([], used(0, 0)))).toBe(0);
  });

  test("CAP-39 several at once are no evidence for a profile, and less than a video job for nothing", () => {
    const { see, figure, kept } = station();
    const before = figure("wan2.1-14b-t2v-480p");
    times(3, () => see([], used(0)));
    times(40, () => see([], used(43_000)));
    times(3, () => see([], used(0)));
    times(9, () => see([], used(2_600)));
    times(3, () => see([], used(0)));
    expect(kept).toMatchObject([{ peakMiB: 43_000, unnamed: true }]);
    expect(figure("wan2.1-14b-t2v-480p")).toEqual(before);
  });

  test("CAP-39 a base that was too high because a job ran at the start is not held by others for a day", () => {
    const { see } = station();
    times(9, () => see([], used(20_000)));
    expect(times(3, () => see([], used(0)))).toBe(0);
  });

  test("CAP-39 what agrees with no kind may grow as much as any kind that was seen: several at once, perhaps", () => {
    const { see } = station();
    times(3, () => see([], used(0)));
    // 30 short ones, so that published figures are none of its any more.
    times(30, () => {
      times(30, () => see([], used(10_000)));
      times(10, () => see([], used(20_000)));
      times(3, () => see([], used(0)));
    });
    times(4, () => see([], used(10_000)));
    times(9, () => see([], used(33_000)));
    expect(see([], used(33_000))).toBeGreaterThan(33_000 * 0.9);
  });
});

describe("the moment between two lists", () => {
  test("CAP-7 what an unmarked job gave back since is free, and still its own in admission", () => {
    const { see, room } = station();
    const listed = [python(7, 36_000)];
    see(listed);
    see(listed);
    const { regainedMiB } = room();
    expect(regainedMiB).toBe(0);
    see(listed, { freeMiB: TOTAL - 18_500 });
    expect(room().regainedMiB).toBe(18_000);
  });

  test("CAP-15 an out-of-memory is not counted with what its death set free", () => {
    const { see, run, end, kept } = station();
    const listed = [python(7, 30_000), python(8, 60_000)];
    run(jobOf("dies", { pid: 7, peakMiB: 35_000 }));
    see(listed);
    see(listed);
    see(listed, { freeMiB: TOTAL - 60_500 });
    end("dies", { state: "failed", oom: true });
    expect(kept).toMatchObject([{ outOfMemory: true, peakMiB: TOTAL - 60_500 }]);
  });
});

describe("a job's own word", () => {
  test("CAP-14 CAP-35 counts where nothing else measured it, with the doubt of a figure from elsewhere", () => {
    const { see, run, end, kept, figure } = station();
    const published = figure();
    see([]);
    run(jobOf("told"));
    times(9, () => see([]));
    end("told", { peakMiB: 9_000 });
    expect(kept).toMatchObject([{ profile: SMALL, peakMiB: 9_000, reported: true, seconds: 10 }]);
    const after = figure();
    expect(after).toMatchObject({ basis: "measured", seen: 1 });
    expect(after?.peakMiB).toBeGreaterThan(9_000);
    expect(after?.peakMiB).toBeLessThan(published?.peakMiB ?? 0);
    for (let n = 0; n < 40; n++) {
      run(jobOf(`t${n}`));
      end(`t${n}`, { peakMiB: 9_000 });
    }
    expect(figure()).toMatchObject({ seen: 41 });
    expect(figure()?.uncertaintyMiB).toBeGreaterThanOrEqual(0.15 * 9_000);
    // A process that nobody marked is judged by curves that were seen, not by what was only told.
    expect(see([python(9, 800)], { util: 0 })).toBeLessThan(1_000);
  });

  test("CAP-14 CAP-35 counts for nothing where its process was seen, or the job failed", () => {
    const { see, run, end, kept, figure } = station();
    run(jobOf("seen", { pid: 7 }));
    times(5, () => see([python(7, 11_000)]));
    end("seen", { peakMiB: 8_000 });
    run(jobOf("failed"));
    end("failed", { state: "failed", peakMiB: 2_000 });
    expect(kept).toMatchObject([{ peakMiB: 11_000 }]);
    // More than anything seen raises the figure nevertheless.
    run(jobOf("more"));
    end("more", { state: "failed", peakMiB: 20_000 });
    expect(figure()?.peakMiB).toBe(20_000);
  });
});
