import { describe, expect, test } from "vitest";
import { jobOf, python, SMALL, station, TOTAL, times } from "../../../helpers/estimator-station.ts";

/** The GPU with so much in use by jobs, on a machine that tells of no process; 500 MiB are the driver's. */
const used = (mib: number, util = 90) => ({ freeMiB: TOTAL - 500 - mib, util });

/** An empty GPU, and then one marked job on it that takes up to 13,000 MiB. */
function alone(before = 0) {
  const machine = station();
  times(5, () => machine.see([], used(before)));
  machine.run(jobOf("one", { startedAt: 5_000 }));
  machine.see([], used(before));
  times(10, () => machine.see([], used(before + 7_000)));
  times(20, () => machine.see([], used(before + 13_000)));
  times(10, () => machine.see([], used(before + 9_000)));
  return machine;
}

describe("a marked job that is alone where no process is told", () => {
  test("CAP-14 leaves its signature, with peak, curve and duration, once the GPU is empty", () => {
    const { see, end, kept, figure } = alone();
    const published = figure();
    end("one");
    expect(kept).toEqual([]);
    see([], used(0, 0));
    expect(kept).toMatchObject([{ profile: SMALL, peakMiB: 13_000, seconds: 40, outOfMemory: false }]);
    expect(kept[0]?.reported).toBeUndefined();
    expect(Math.min(...(kept[0]?.curve.lowMiB ?? []))).toBe(0);
    expect(figure()).toMatchObject({ basis: "measured", seen: 1 });
    expect(figure()?.peakMiB).toBeGreaterThan(published?.peakMiB ?? 0);
    times(60, () => see([], used(0, 0)));
    expect(kept).toHaveLength(1);
  });

  test("CAP-35 what was seen counts in place of its own word; a higher word still raises the figure", () => {
    const { see, end, kept, figure } = alone();
    end("one", { peakMiB: 13_400 });
    times(3, () => see([], used(0, 0)));
    expect(kept).toMatchObject([{ peakMiB: 13_000 }]);
    expect(figure()?.peakMiB).toBeGreaterThanOrEqual(13_400);
  });

  test.each([
    ["another was there before it", () => alone(6_000), 6_000],
    ["something is left when it has ended, a model perhaps", () => alone(), 9_000],
  ])("CAP-35 where %s its own word is all there is", (_, begin, left) => {
    const { see, end, kept } = begin();
    end("one", { peakMiB: 9_500 });
    times(60, () => see([], used(left, 0)));
    expect(kept.filter(({ profile }) => profile === SMALL)).toMatchObject([
      { peakMiB: 9_500, reported: true },
    ]);
  });

  test("CAP-35 nor is one learned from beside which another ran, however short", () => {
    const { see, run, end, kept } = station();
    times(5, () => see([], used(0)));
    const [one, two] = [jobOf("one", { startedAt: 5_000 }), jobOf("two", { startedAt: 8_000 })];
    run(one);
    see([], used(0));
    times(5, () => see([], used(13_000)));
    run(one, two);
    times(5, () => see([], used(14_000)));
    end("two");
    see([], used(13_000));
    run(one);
    times(5, () => see([], used(13_000)));
    end("one");
    times(60, () => see([], used(0, 0)));
    expect(kept.filter(({ profile }) => profile !== null)).toEqual([]);
  });

  test("CAP-35 nor where the next one began before it was seen to be gone", () => {
    const { see, run, end, kept } = alone();
    end("one");
    run(jobOf("next", { startedAt: 50_000 }));
    times(20, () => see([], used(13_000)));
    end("next");
    times(60, () => see([], used(0, 0)));
    expect(kept.filter(({ profile }) => profile !== null)).toEqual([]);
  });

  test("CAP-35 nor where what was taken for the base went while it ran: it may have held as much more", () => {
    const { see, run, end, kept } = station();
    times(5, () => see([], used(3_000)));
    run(jobOf("one", { startedAt: 5_000 }));
    times(5, () => see([], used(3_000)));
    times(10, () => see([], used(12_000)));
    end("one");
    times(60, () => see([], used(0, 0)));
    expect(kept.filter(({ profile }) => profile !== null)).toEqual([]);
  });

  test("CAP-14 nor from one that failed, or that took nothing", () => {
    const failed = alone();
    failed.end("one", { state: "failed" });
    times(60, () => failed.see([], used(0, 0)));
    const idle = station();
    times(5, () => idle.see([], used(0)));
    idle.run(jobOf("one", { startedAt: 5_000 }));
    times(20, () => idle.see([], used(0)));
    idle.end("one");
    times(60, () => idle.see([], used(0, 0)));
    expect([...failed.kept, ...idle.kept].filter(({ profile }) => profile !== null)).toEqual([]);
  });

  test("CAP-15 an out-of-memory sets the floor at once", () => {
    const { end, kept, figure } = alone();
    end("one", { state: "failed", oom: true });
    expect(kept).toMatchObject([{ profile: SMALL, outOfMemory: true }]);
    expect(figure()?.peakMiB).toBeGreaterThan(14_000);
  });

  test("CAP-14 where processes are told it is by them that a job is learned from, and once", () => {
    const { see, run, end, kept } = station();
    times(5, () => see([python(9, 400)]));
    run(jobOf("one", { pid: 7, startedAt: 5_000 }));
    times(20, () => see([python(9, 400), python(7, 13_000)]));
    end("one");
    times(60, () => see([python(9, 400)]));
    expect(kept.filter(({ profile }) => profile !== null)).toMatchObject([
      { peakMiB: 13_000, name: "python" },
    ]);
  });
});
