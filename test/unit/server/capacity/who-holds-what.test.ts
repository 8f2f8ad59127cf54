import { describe, expect, test } from "vitest";
import { jobOf, python, SMALL, station, TOTAL, times } from "../../../helpers/estimator-station.ts";

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

  test("CAP-6 what a list tells to be held and its sample does not show yet is not free", () => {
    const { see } = station();
    const [before, grown] = [python(7, 2_000), python(7, 30_000)];
    see([before]);
    see([before]);
    const freeMiB = TOTAL - 2_500;
    const late = freeMiB - (see([grown], { freeMiB }) ?? 0);
    const shown = TOTAL - 30_500 - (see([grown]) ?? 0);
    expect(late).toBeLessThanOrEqual(shown + 500);
    expect(late).toBeGreaterThan(0);
  });

  test("CAP-38 a GPU that only the list shows to be full was full", () => {
    const { see, kept } = station();
    times(5, () => see([python(7, 40_000)]));
    see([python(7, TOTAL - 1_000)], { freeMiB: TOTAL - 40_500 });
    see([], { freeMiB: TOTAL - 500 });
    expect(kept).toMatchObject([{ outOfMemory: true }]);
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
