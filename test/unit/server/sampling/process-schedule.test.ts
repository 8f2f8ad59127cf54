import fc from "fast-check";
import { expect, test } from "vitest";
import { createProcessSchedule } from "../../../../server/sampling/process-schedule.ts";
import { TIMINGS } from "../../../../server/timings.ts";

const gpu = (memoryUsedMiB: number | null, uuid = "a") => [{ uuid, memoryUsedMiB }];

test("SMP-14 SMP-14c nobody watches and nothing moves: processes are never asked for; wanted, every 10 s", () => {
  const schedule = createProcessSchedule(TIMINGS.processes);
  for (let tMs = 0; tMs < 3_600_000; tMs += 5000) expect(schedule.isDue(gpu(255), tMs, false)).toBe(false);
  expect(schedule.isDue(gpu(null), 0, false)).toBe(false);
  expect(schedule.isDue(gpu(255), 0, true)).toBe(true);
  schedule.began(gpu(255), 0);
  schedule.ended(10, null);
  expect(schedule.isDue(gpu(255), 9999, true)).toBe(false);
  expect(schedule.isDue(gpu(255), 10_000, true)).toBe(true);
});

test("SMP-14b VRAM in use that has moved by 256 MiB asks for processes, watched or not, at most every 2 s", () => {
  const schedule = createProcessSchedule(TIMINGS.processes);
  const two = (a: number, b: number) => [...gpu(a), ...gpu(b, "b")];
  schedule.began(two(5000, 100), 0);
  schedule.ended(20, null);
  expect(schedule.isDue(two(5255, 100), 5000, false)).toBe(false);
  expect(schedule.isDue(two(5256, 100), 5000, false)).toBe(true);
  expect(schedule.isDue(two(4744, 100), 5000, false)).toBe(true);
  expect(schedule.isDue(two(5000, 356), 1999, true)).toBe(false);
  expect(schedule.isDue(two(5000, 356), 2000, false)).toBe(true);
});

test("SMP-14c unwatched: once more 70 s after VRAM has moved, every 70 s while a GPU computes, and then never again", () => {
  const schedule = createProcessSchedule(TIMINGS.processes);
  const at = (memoryUsedMiB: number, utilizationGpuPct: number) => [
    { uuid: "a", memoryUsedMiB, utilizationGpuPct },
  ];
  const listed: number[] = [];
  for (let s = 0; s < 3600; s += 5) {
    const gpus = at(s < 100 ? 500 : 9_000, s >= 100 && s < 300 ? 95 : 0);
    if (!schedule.isDue(gpus, s * 1000, false)) continue;
    schedule.began(gpus, s * 1000);
    schedule.ended(s * 1000 + 20, 20);
    listed.push(s);
  }
  expect(listed).toEqual([100, 170, 240, 310]);
});

test("SMP-14d whatever moves, listing processes takes no more than 2 % of the time", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ moved: fc.nat(2000), tookMs: fc.integer({ min: 1, max: 4000 }) }), {
        minLength: 50,
        maxLength: 200,
      }),
      fc.boolean(),
      (steps, isWanted) => {
        const schedule = createProcessSchedule(TIMINGS.processes);
        let inQueryMs = 0;
        let nowMs = 0;
        for (const { moved, tookMs } of steps) {
          nowMs += 1000;
          if (!schedule.isDue(gpu(moved), nowMs, isWanted)) continue;
          // All that was spent until now was rested from.
          expect(inQueryMs).toBeLessThanOrEqual(0.02 * nowMs);
          schedule.began(gpu(moved), nowMs);
          nowMs += tookMs;
          schedule.ended(nowMs, null);
          inQueryMs += tookMs;
        }
      },
    ),
  );
});

test("SMP-14d where CPU time is told, it is 2 % of that: a busy machine makes no list rarer than a slow driver does", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ tookMs: fc.integer({ min: 1, max: 4000 }), cpuPct: fc.integer({ min: 1, max: 100 }) }),
        { minLength: 50, maxLength: 200 },
      ),
      (steps) => {
        const schedule = createProcessSchedule(TIMINGS.processes);
        let [nowMs, onCpuMs, inQueryMs, moved] = [0, 0, 0, 0];
        for (const { tookMs, cpuPct } of steps) {
          nowMs += 1000;
          moved += 300;
          if (!schedule.isDue(gpu(moved), nowMs, true)) continue;
          expect(onCpuMs).toBeLessThanOrEqual(0.02 * nowMs);
          expect(inQueryMs).toBeLessThanOrEqual(0.2 * nowMs);
          schedule.began(gpu(moved), nowMs);
          const cpuMs = (tookMs * cpuPct) / 100;
          nowMs += tookMs;
          schedule.ended(nowMs, cpuMs);
          inQueryMs += tookMs;
          onCpuMs += cpuMs;
        }
      },
    ),
  );
  const schedule = createProcessSchedule(TIMINGS.processes);
  schedule.began(gpu(0), 0);
  // 80 ms of work, for which a busy machine took 1.5 s.
  schedule.ended(1500, 80);
  expect(schedule.isDue(gpu(300), 7400, false)).toBe(false);
  expect(schedule.isDue(gpu(300), 7500, false)).toBe(true);
});
