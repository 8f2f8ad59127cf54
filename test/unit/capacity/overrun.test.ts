import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MarkedJob } from "../../../server/capacity/job-mark.ts";
import type { Signature } from "../../../server/capacity/learn.ts";
import type { Observed, ObservedGpu } from "../../../server/capacity/observed.ts";
import { NOTHING_OBSERVED, observe, withRoomTold } from "../../../server/capacity/observer.ts";
import {
  leastAfter,
  mostTold,
  newOverruns,
  noteRoom,
  type Overrun,
  overrunOf,
} from "../../../server/capacity/overrun.ts";
import { profileFigure } from "../../../server/capacity/profile-figure.ts";
import type { GpuProcess } from "../../../shared/gpu/gpu.ts";

const mib = fc.integer({ min: 1_000, max: 80_000 });
const overruns: fc.Arbitrary<Overrun[]> = fc.array(fc.record({ wantedMiB: mib, roomMiB: mib }));

describe("figures after overruns", () => {
  test("CAP-38 no figure is lowered, none raised beyond what somebody wanted, none by more than twice", () => {
    fc.assert(
      fc.property(overruns, mib, (all, peak) => {
        const least = leastAfter(all, peak);
        if (least === 0) return;
        expect(least).toBeGreaterThan(peak);
        expect(least).toBeLessThanOrEqual(2 * peak);
        expect(all.map(({ wantedMiB }) => wantedMiB)).toContain(least);
      }),
    );
  });

  test("CAP-38 one more overrun never lowers, and what did not fit into any room stays as it is", () => {
    fc.assert(
      fc.property(overruns, mib, mib, mib, (all, peak, wantedMiB, roomMiB) => {
        const before = leastAfter(all, peak);
        expect(leastAfter([...all, { wantedMiB, roomMiB }], peak)).toBeGreaterThanOrEqual(before);
        const small = all.map((one) => ({ ...one, roomMiB: Math.min(one.roomMiB, peak - 1) }));
        expect(leastAfter(small, peak)).toBe(0);
      }),
    );
  });

  test("CAP-38 what can raise nothing, or tells nothing new, is not kept", () => {
    const known = [{ wantedMiB: 20_000, roomMiB: 16_000 }];
    const more = [
      { wantedMiB: 9_000, roomMiB: -4_000 },
      { wantedMiB: 20_000, roomMiB: 9_000 },
      { wantedMiB: 19_000, roomMiB: 15_000 },
      { wantedMiB: 21_000, roomMiB: 15_000 },
      { wantedMiB: 21_000, roomMiB: 14_000 },
    ];
    expect(newOverruns(known, more)).toEqual([more[3]]);
  });

  test("CAP-38 the most that was told within a minute counts, and nobody is told to want more than there is alone", () => {
    const told = (roomMiB: number) => ({ roomMiB, aloneMiB: roomMiB + 20_000 });
    const rooms = noteRoom(noteRoom(noteRoom([], told(9_000), 0), told(7_000), 30_000), told(8_000), 65_000);
    expect(mostTold(rooms)).toEqual(told(8_000));
    expect(mostTold(noteRoom(rooms, null, 126_000))).toBeNull();
    expect(overrunOf(40_000, { ...told(8_000), heldMiB: 0 })).toEqual([
      { wantedMiB: 28_000, roomMiB: 8_000 },
    ]);
    expect(overrunOf(9_000, { ...told(8_000), heldMiB: 1_500 })).toEqual([]);
    expect(overrunOf(9_000, null)).toEqual([]);
  });
});

const TOTAL = 49_140;
const python = (pid: number, usedMiB: number): GpuProcess => ({ pid, name: "/usr/bin/python3", usedMiB });
/** What is on the GPU is not what was listed last: a list is older. */
function gpuWith(usedMiB: number, processes: GpuProcess[], listedS: number): ObservedGpu {
  return {
    index: 0,
    memoryTotalMiB: TOTAL,
    memoryUsedMiB: usedMiB,
    memoryFreeMiB: TOTAL - usedMiB,
    utilizationGpuPct: 98,
    processes,
    processesAtMs: listedS * 1000,
  };
}

describe("an out-of-memory of a job that nobody marked", () => {
  const first = python(7, 20_000);
  /** One runs; another appears where there is room for 22,000 MiB and takes 25,000; then the GPU is full. */
  function fullGpu(roomMiB: number, marked: readonly MarkedJob[] = [], usedMiB = TOTAL - 300): Observed {
    let state = observe(NOTHING_OBSERVED, [gpuWith(20_500, [first], 0)], marked, 0).state;
    state = withRoomTold(state, new Map([[0, { roomMiB, aloneMiB: roomMiB + 22_000 }]]));
    state = observe(state, [gpuWith(30_500, [first, python(8, 10_000)], 2)], marked, 2_000).state;
    state = observe(state, [gpuWith(43_000, [first, python(8, 22_500)], 4)], marked, 4_000).state;
    return observe(state, [gpuWith(usedMiB, [first, python(8, 22_500)], 4)], marked, 5_000).state;
  }
  const gone = (state: Observed, left: GpuProcess[], marked: readonly MarkedJob[] = []) =>
    observe(
      state,
      [
        gpuWith(
          left.reduce((sum, one) => sum + (one.usedMiB ?? 0), 500),
          left,
          6,
        ),
      ],
      marked,
      6_000,
    );
  const figure = (
    { knowledge }: Observed,
    peakMiB: number,
    basis: "published" | "configured" = "published",
  ) => profileFigure(knowledge, { id: "p", peakMiB, basis });

  test("CAP-38 is told by the least free VRAM since the processes were listed, though all of it is free again", () => {
    const { learned, state } = gone(fullGpu(22_000), [first]);
    expect(learned).toMatchObject<Partial<Signature>[]>([
      { profile: null, outOfMemory: true, overruns: [{ wantedMiB: 28_640, roomMiB: 22_000 }] },
    ]);
    // 28,640 and 15 %. That it was this profile is a guess, so it is its doubt that is raised.
    expect(figure(state, 15_000)).toMatchObject({ peakMiB: 15_000, uncertaintyMiB: 17_936, raised: true });
    expect(figure(state, 22_000)).toMatchObject({ peakMiB: 22_000, uncertaintyMiB: 10_936, raised: true });
    // It did not fit into the room that was told of, or was far below: nobody started this one by it.
    expect(figure(state, 22_001)).toMatchObject({ uncertaintyMiB: 3_301, raised: false });
    expect(figure(state, 14_000)).toMatchObject({ uncertaintyMiB: 2_100, raised: false });
    // A user's own word is not doubted for a guess.
    expect(figure(state, 15_000, "configured")).toMatchObject({ uncertaintyMiB: 2_250, raised: false });
  });

  test("CAP-38 is told also where a list from before arrives after it", () => {
    const late = [gpuWith(20_500, [first, python(8, 24_000)], 5)];
    const state = observe(fullGpu(22_000), late, [], 6_000).state;
    const { learned } = observe(state, [gpuWith(20_500, [first], 8)], [], 8_000);
    expect(learned).toMatchObject([{ outOfMemory: true, overruns: [{ roomMiB: 22_000 }] }]);
  });

  test("CAP-38 also where another one died of it, who took no more than was told", () => {
    const { learned, state } = gone(fullGpu(22_000), [python(8, 26_000)]);
    expect(learned[0]?.overruns).toEqual([{ wantedMiB: 26_000, roomMiB: 22_000 }]);
    expect(figure(state, 20_000).uncertaintyMiB).toBe(9_900);
  });

  test("CAP-38 may be one where a twentieth was free still: one allocation can want more", () => {
    const roomy = fullGpu(22_000, [], TOTAL - 2_500);
    const { learned, state } = gone(roomy, [first]);
    expect(learned).toMatchObject([{ outOfMemory: false, overruns: [{ roomMiB: 22_000 }] }]);
    expect(figure(state, 16_000).raised).toBe(true);
    // Where there was room, nobody died of it.
    expect(gone(fullGpu(22_000, [], TOTAL - 6_000), [first]).learned[0]).not.toHaveProperty("overruns");
  });

  test("CAP-38 blames nobody who took no more than was told, nor one that a marker speaks for", () => {
    expect(gone(fullGpu(29_000), [first]).state.knowledge.overruns).toEqual([]);
    const marked = [{ id: "a", profile: "p", gpus: [0], peakMiB: 22_000, pid: 8 }];
    expect(gone(fullGpu(22_000, marked), [], marked).state.knowledge.overruns).toEqual([]);
  });

  test("CAP-38 a job that ends where there is room has run out of nothing", () => {
    let state = observe(NOTHING_OBSERVED, [gpuWith(20_500, [first], 0)], [], 0).state;
    state = observe(state, [gpuWith(TOTAL - 2_000, [first], 4)], [], 4_000).state;
    expect(gone(state, []).learned).toMatchObject([{ outOfMemory: false, peakMiB: 20_000 }]);
  });
});
