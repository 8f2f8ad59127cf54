import { describe, expect, test } from "vitest";
import type { MarkedJob } from "../../../../server/capacity/job-mark.ts";
import type { Signature } from "../../../../server/capacity/learn.ts";
import { endSolo, followSolos, NO_SOLOS } from "../../../../server/capacity/solo.ts";
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

  test("CAP-32 is shown with its humps, by the names of its profile, and with its peak when it has ended", () => {
    const { see, run, end, estimator } = station();
    times(5, () => see([], used(0)));
    run(jobOf("one", { profile: "wan2.2-i2v-a14b", peakMiB: 45_000, startedAt: 5_000 }));
    see([], used(0));
    times(10, () => see([], used(18_600)));
    times(10, () => see([], used(39_300)));
    const shown = () =>
      estimator.runs().map(({ phases, ...rest }) => ({ ...rest, phases: phases.map(({ name }) => name) }));
    expect(shown()[0]?.phases).toEqual(["high-noise model", "sampling peak"]);
    end("one");
    run();
    see([], used(0));
    expect(shown()).toMatchObject([{ job: "one", peakMiB: 39_300, endedAt: 26_000 }]);
  });

  test("CAP-32 its level is that of its process where the first list names it, and nothing is shown before", () => {
    const { see, run, estimator } = station();
    times(5, () => see([], used(0)));
    run(jobOf("one", { pid: 7, startedAt: 5_000 }));
    see([], used(0));
    see([], used(13_000));
    expect(estimator.runs()).toMatchObject([{ phases: [] }]);
    see([python(7, 12_600)], used(13_000));
    expect(estimator.runs()).toMatchObject([{ phases: [{ mib: 12_600 }] }]);
  });

  test("CAP-35 what was seen counts in place of its own word, unless that is higher", () => {
    const { see, end, kept, figure } = alone();
    end("one", { peakMiB: 13_400 });
    times(3, () => see([], used(0, 0)));
    expect(kept).toMatchObject([{ peakMiB: 13_400, seconds: 40 }]);
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

  test("CAP-35 nor where a model is kept before it and after it, however small: it is a part of what the job needs", () => {
    const { see, run, end, kept } = station();
    for (const [i, id] of ["one", "two", "three"].entries()) {
      times(5, () => see([], used(1_200)));
      run(jobOf(id, { startedAt: (i * 70 + 5) * 1000 }));
      times(5, () => see([], used(1_200)));
      times(30, () => see([], used(13_000)));
      end(id);
      times(30, () => see([], used(1_200, 0)));
    }
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

describe("what is not seen of it", () => {
  const WORD: Signature = {
    profile: SMALL,
    name: null,
    peakMiB: 9_000,
    seconds: 60,
    curve: { stepS: 60, lowMiB: [0], highMiB: [9_000] },
    outOfMemory: false,
    endedAtMs: 0,
    reported: true,
  };

  /** A machine with so many GPUs; `used`: what each has in use, `null`: not known. */
  function follower(startedMs = 1_500) {
    let solos = NO_SOLOS;
    let beforeMs: number | null = null;
    const learned: Signature[] = [];
    const job: MarkedJob = { id: "j", profile: SMALL, gpus: [0], peakMiB: 14_000, pid: null, startedMs };
    return {
      learned,
      at(nowMs: number, used: (number | null)[], runs: boolean) {
        const gpus = used.map((memoryUsedMiB, index) => ({
          index,
          memoryUsedMiB,
          utilizationGpuPct: null,
          processes: [],
          processesAtMs: nowMs,
        }));
        const leastUsed = new Map(used.map((_, index) => [index, 500]));
        const marked = runs ? [{ ...job, gpus: used.map((_, index) => index) }] : [];
        const next = followSolos(solos, { gpus, marked, leastUsed, nowMs, beforeMs });
        solos = next.solos;
        beforeMs = nowMs;
        learned.push(...next.learned);
      },
      end(endedMs: number) {
        const next = endSolo(solos, "j", { outcome: "done", endedMs, otherwise: WORD });
        if (next === null) learned.push(WORD);
        solos = next ?? solos;
      },
    };
  }

  test("CAP-14 a job whose readings fail for a moment is learned from", () => {
    const { at, end, learned } = follower();
    at(1_000, [500], false);
    at(2_000, [500], true);
    at(3_000, [12_500], true);
    at(4_000, [null], true);
    at(9_000, [8_500], true);
    end(9_500);
    at(10_000, [500], false);
    expect(learned).toMatchObject([{ peakMiB: 12_000, seconds: 7.5 }]);
  });

  test.each<[string, (machine: ReturnType<typeof follower>) => void]>([
    [
      "readings that fail",
      ({ at }) => Array.from({ length: 12 }, (_, i) => at(4_000 + i * 1_000, [null], true)),
    ],
    ["samples that do not come", ({ at }) => at(40_000, [3_500], true)],
    ["samples that do not come until its end", ({ end }) => end(60_000)],
  ])("CAP-35 %s for more than 10 s may have hidden any peak", (_, gap) => {
    const machine = follower();
    const { at, end, learned } = machine;
    at(1_000, [500], false);
    at(2_000, [500], true);
    at(3_000, [3_500], true);
    gap(machine);
    if (learned.length === 0) {
      at(41_000, [3_500], true);
      end(41_500);
    }
    at(61_000, [500], false);
    expect(learned).toEqual([WORD]);
  });

  test("CAP-35 of two GPUs none may be unseen for long", () => {
    const { at, end, learned } = follower();
    at(1_000, [500, 500], false);
    at(2_000, [500, 500], true);
    for (let s = 3; s < 20; s++) at(s * 1000, [3_500, null], true);
    at(20_000, [3_500, 3_500], true);
    end(20_500);
    at(21_000, [500, 500], false);
    expect(learned).toEqual([WORD]);
  });

  test("CAP-14 of two GPUs the fuller one counts", () => {
    const { at, end, learned } = follower();
    at(1_000, [500, 500], false);
    at(2_000, [500, 500], true);
    at(3_000, [9_500, 12_500], true);
    end(4_000);
    at(5_000, [500, 12_500], false);
    expect(learned).toEqual([]);
    at(6_000, [500, 500], false);
    expect(learned).toMatchObject([{ peakMiB: 12_000 }]);
  });

  test("CAP-35 one that ran already when samples began, after a restart, is not learned from", () => {
    for (const startedMs of [-300_000, 900]) {
      const { at, end, learned } = follower(startedMs);
      at(1_000, [500], true);
      at(2_000, [3_500], true);
      end(3_000);
      at(4_000, [500], false);
      expect(learned).toEqual([WORD]);
    }
  });

  test("CAP-35 when the machine turns out to tell of processes, the own word of those that have ended counts", () => {
    const { see, end, kept } = alone();
    end("one", { peakMiB: 9_500 });
    see([python(9, 400)], used(9_000));
    expect(kept).toMatchObject([{ peakMiB: 9_500, reported: true }]);
  });
});
