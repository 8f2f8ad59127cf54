import { describe, expect, test } from "vitest";
import { jobOf, python, station, TOTAL, times } from "../../../helpers/estimator-station.ts";

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
    const { see, run, estimator } = station();
    times(3, () => see([], used(0)));
    run(jobOf("mine", { peakMiB: 14_000, startedAt: 3_000 }));
    times(9, () => see([], used(17_000)));
    // What it is called is the catalogues' word.
    expect(estimator.runs().map(({ label, pid }) => ({ label, pid }))).toEqual([
      { label: "mine", pid: null },
      { label: "", pid: null },
    ]);
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
