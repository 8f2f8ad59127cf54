import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createDemoGpus,
  type DemoGpu,
  stepGpu,
  toDemoRow,
  unloadGpu,
} from "../../../../../server/sampling/demo/machine.ts";
import { DEMO_TRACKS, pointAt, UNLOADED_MIB } from "../../../../../server/sampling/demo/tracks.ts";
import { numRuns } from "../../../../helpers/seeds.ts";

const [first] = createDemoGpus(1);
if (first === undefined) throw new Error("no demo GPU");
const [i2v, t2v] = DEMO_TRACKS;
/** The GPU at each second, the first one included. */
function play(gpu: DemoGpu, seconds: number): DemoGpu[] {
  const gpus = [gpu];
  for (let s = 0; s < seconds; s++) gpus.push(stepGpu(gpus.at(-1) ?? gpu, 1));
  return gpus;
}

describe("the demo machine", () => {
  test("PNL-4 the I2V job has two humps of work with a dip between them, and its peak is 39,500 MiB", () => {
    const points = Array.from({ length: 85 }, (_, s) => pointAt(i2v.keyframes, s));
    // Stretches of work: where utilization goes above 90 % and where it comes down again.
    const humps = points.filter(({ util }, s) => util > 90 && (points[s - 1]?.util ?? 0) <= 90);
    expect(humps).toHaveLength(2);
    const [low, high] = humps.map(({ mib }) => mib);
    expect(low).toBeLessThan(20_000);
    expect(high).toBeGreaterThan(38_000);
    expect(Math.max(...points.map(({ mib }) => mib))).toBe(39_500);
    expect(Math.max(...t2v.keyframes.map(({ mib }) => mib))).toBe(12_200);
  });

  test("PNL-4 what is reported peaks within 50 MiB of 39,500, whatever the noise", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (noise) => {
        const used = play(first, 150).map((gpu) => toDemoRow(gpu, 0, noise).reading.memoryUsedMiB ?? 0);
        expect(Math.abs(Math.max(...used) - 39_500)).toBeLessThanOrEqual(50);
      }),
      { numRuns: numRuns(20) },
    );
  });

  test("PNL-4 every report is one that a driver could give", () => {
    const steps = fc.array(
      fc.record({ seconds: fc.double({ min: 0.01, max: 30, noNaN: true }), unload: fc.boolean() }),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 98 }),
        steps,
        fc.double({ min: -1, max: 1, noNaN: true }),
        (at, list, noise) => {
          let gpu = createDemoGpus(at + 1)[at] ?? first;
          for (const { seconds, unload } of list) {
            gpu = stepGpu(unload ? unloadGpu(gpu) : gpu, seconds);
            const { reading, details, memoryTotalMiB } = toDemoRow(gpu, at, noise);
            const { memoryUsedMiB: used, memoryFreeMiB: free } = reading;
            expect((used ?? -1) + (free ?? -1) + (details.memoryReservedMiB ?? -1)).toBe(memoryTotalMiB);
            expect(Math.min(used ?? -1, free ?? -1)).toBeGreaterThanOrEqual(0);
            expect(reading.utilizationGpuPct).toBeGreaterThanOrEqual(0);
            expect(reading.utilizationGpuPct).toBeLessThanOrEqual(100);
            expect(reading.temperatureC).toBeGreaterThan(20);
            expect(reading.temperatureC).toBeLessThan(90);
          }
        },
      ),
    );
  });

  test("REL-1 an unload at any point of the job lowers VRAM to 2000 MiB within 4 s, and it rests there", () => {
    expect(UNLOADED_MIB).toBe(2000);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), (second) => {
        const gpu = play(first, second).at(-1) ?? first;
        const after = play(unloadGpu(gpu), 20);
        const used = after.map(({ usedMiB }) => usedMiB);
        expect(used.slice(4)).toEqual(Array(17).fill(2000));
        expect(after.slice(1).map(({ util }) => util)).toEqual(Array(20).fill(0));
        for (const [i, mib] of used.entries()) expect(mib).toBeLessThanOrEqual(used[i - 1] ?? gpu.usedMiB);
        expect(toDemoRow(after.at(-1) ?? gpu, 0, 1).reading.memoryUsedMiB).toBe(2000);
      }),
      { numRuns: numRuns(40) },
    );
  });
});
