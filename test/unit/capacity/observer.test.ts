import { describe, expect, test } from "vitest";
import { withGivenBack } from "../../../server/capacity/given-back.ts";
import type { MarkedJob } from "../../../server/capacity/job-mark.ts";
import { endMarkedJob } from "../../../server/capacity/marked-job.ts";
import type { Observed, ObservedGpu } from "../../../server/capacity/observed.ts";
import { NOTHING_OBSERVED, observe } from "../../../server/capacity/observer.ts";
import { promisesOn } from "../../../server/capacity/promises.ts";
import { NOTHING_TRACKED, roleOf, trackProcesses } from "../../../server/capacity/track-processes.ts";
import { BUILT_IN_PROFILES } from "../../../shared/capacity/built-in-profiles.ts";
import type { GpuProcess } from "../../../shared/gpu/gpu.ts";

const TOTAL = 49_140;
const python = (pid: number, usedMiB: number | null): GpuProcess => ({
  pid,
  name: "/usr/bin/python3",
  usedMiB,
});
function gpuWith(tS: number, processes: GpuProcess[] | null, util = 98): ObservedGpu {
  const used = (processes ?? []).reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 500);
  return {
    index: 0,
    memoryTotalMiB: TOTAL,
    memoryUsedMiB: used,
    memoryFreeMiB: TOTAL - used,
    utilizationGpuPct: util,
    processes,
    processesAtMs: processes === null ? null : tS * 1000,
  };
}
/** Shows the samples one after the other, two seconds apart. */
function shown(
  steps: readonly GpuProcess[][],
  { util = 98, marked = [], from = NOTHING_OBSERVED, startS = 0 }: Options = {},
): { state: Observed; learned: number[]; endS: number } {
  let state = from;
  const learned: number[] = [];
  steps.forEach((processes, i) => {
    const tS = startS + i * 2;
    const result = observe(state, [gpuWith(tS, processes, util)], marked, tS * 1000);
    state = result.state;
    learned.push(...result.learned.map(({ peakMiB }) => peakMiB));
  });
  return { state, learned, endS: startS + steps.length * 2 };
}
interface Options {
  util?: number;
  marked?: readonly MarkedJob[];
  from?: Observed;
  startS?: number;
}
const promisedOn = (state: Observed, marked: readonly MarkedJob[] = []) =>
  promisesOn(state, 0, marked, BUILT_IN_PROFILES);

describe("the end of a marked job", () => {
  const job = (pid: number): MarkedJob => ({
    id: `job ${pid}`,
    profile: null,
    gpus: [0],
    peakMiB: 12_000,
    pid,
  });
  /** What is free by the promises when process 7 and what it held are gone, and the processes not yet listed anew. */
  function freeAfter(lists: readonly GpuProcess[][], ends: MarkedJob) {
    const { state, endS } = shown(lists, { marked: [job(7), job(8)] });
    const later = {
      ...gpuWith(endS, [python(8, 6000)]),
      processes: lists.at(-1) ?? [],
      processesAtMs: (endS - 2) * 1000,
    };
    return promisedOn(observe(withGivenBack(state, ends, state), [later], [job(8)], endS * 1000).state)
      .freeMiB;
  }
  const both = [python(7, 10_000), python(8, 6000)];

  test("CAP-37 what its own process held counts as free at once, and need not wait for the next list", () => {
    expect(freeAfter([[python(8, 6000)], both, both], job(7))).toBe(TOTAL - 6500);
  });

  test("CAP-37 of any other job, process or backend nothing is believed before the next list", () => {
    const stays = TOTAL - 16_500;
    expect(freeAfter([[python(8, 6000)], both, both], { ...job(7), gpus: [1] })).toBe(stays);
    expect(freeAfter([[python(8, 6000)], both, both], { ...job(7), pid: null })).toBe(stays);
    expect(freeAfter([[python(8, 6000)], both, both], job(9))).toBe(stays);
    const served = both.map((process) => ({ ...process, backend: "comfyui" }));
    expect(freeAfter([[python(8, 6000)], served, served], job(7))).toBe(stays);
  });

  test("CAP-37 a process that runs its second job keeps what it likes after it", () => {
    const { state, endS } = shown([both, both], { marked: [job(7)] });
    const first = withGivenBack(state, job(7), endMarkedJob(state, job(7), "done").state);
    const { state: second } = shown([both, both], { marked: [job(7)], from: first, startS: endS });
    expect(withGivenBack(second, job(7), second).freeAtList).toEqual(second.freeAtList);
    expect(second.freeAtList.get(0)).toBe(TOTAL - 16_500);
  });
});

describe("processes", () => {
  test("CAP-18 a process is followed: since when, what it held at most, and the job ends when it is gone", () => {
    const levels = [2_000, 9_000, 12_000, 11_000];
    const { state, learned } = shown(levels.map((mib) => [python(7, mib)]));
    const seen = state.tracked.gpus.get(0)?.processes.get(7);
    expect(seen).toMatchObject({ firstSeenMs: 0, lastSeenMs: 6000, heldMiB: 11_000, recentMaxMiB: 12_000 });
    expect(learned).toEqual([]);
    const gone = observe(state, [gpuWith(8, [])], [], 8000);
    expect(gone.learned).toMatchObject([{ peakMiB: 12_000, seconds: 8, profile: null, outOfMemory: false }]);
  });

  test("CAP-18 a resident process that is idle for a minute has ended its job, and keeps its recent maximum", () => {
    const work = shown(Array.from({ length: 20 }, () => [python(7, 20_000)]));
    const cached = Array.from({ length: 40 }, () => [python(7, 15_000)]);
    const idle = shown(cached, { util: 0, from: work.state, startS: work.endS });
    expect(idle.learned).toEqual([20_000]);
    expect(promisedOn(idle.state)).toMatchObject({ running: 0, promisedMiB: 5_000 });
    const again = shown([[python(7, 18_000)]], { from: idle.state, startS: idle.endS });
    expect(promisedOn(again.state).running).toBe(1);
  });

  test("CAP-18 short and small ones, and programs that are no jobs, teach nothing", () => {
    const ollama = (mib: number): GpuProcess => ({ pid: 9, name: "/usr/local/bin/ollama", usedMiB: mib });
    const steps = [
      [python(7, 900), ollama(6_000)],
      [python(7, 900), ollama(6_000)],
      [python(7, 900)],
      [],
      [],
    ];
    expect(shown(steps).learned).toEqual([]);
  });

  test("CAP-18 what another program took within the last day stays promised to it", () => {
    const ollama = (mib: number): GpuProcess => ({ pid: 9, name: "/usr/local/bin/ollama", usedMiB: mib });
    const { state } = shown([[ollama(6_000)], []]);
    // The reserve is there for them: 5 % here.
    expect(promisedOn(state)).toMatchObject({ running: 0, promisedMiB: 6_000 - 2457 });
  });

  test("CAP-18 the same list twice changes nothing, and a list that is not there is no end", () => {
    const first = trackProcesses(NOTHING_TRACKED, [gpuWith(0, [python(7, 9_000)])]).state;
    expect(trackProcesses(first, [{ ...gpuWith(4, []), processesAtMs: 0 }]).state).toBe(first);
    expect(trackProcesses(first, [gpuWith(4, null)]).state).toBe(first);
  });

  test("CAP-18 hidden VRAM is taken for nothing held, a hidden name for a job", () => {
    const { state } = shown([[{ pid: 7, name: null, usedMiB: null }, python(8, 900)]]);
    const process = state.tracked.gpus.get(0)?.processes.get(7);
    if (process === undefined) throw new Error("it was shown");
    expect(process.heldMiB).toBeNull();
    expect(roleOf(process, 0)).toBe("job");
  });
});

describe("promised VRAM", () => {
  const marked: MarkedJob = { id: "a", profile: "wan2.2-i2v-a14b", gpus: [0], peakMiB: 39_500, pid: 7 };

  test("CAP-7 a marked job in its first hump has promised the rest of its peak", () => {
    const { state } = shown([[python(7, 18_000)], [python(7, 18_000)]], { marked: [marked] });
    expect(promisedOn(state, [marked])).toMatchObject({ running: 1, promisedMiB: 21_500 });
  });

  test("CAP-7 one that is not there yet has promised all of it, on its own GPUs only", () => {
    const { state } = shown([[]]);
    expect(promisedOn(state, [{ ...marked, pid: null }]).promisedMiB).toBe(39_500);
    expect(promisedOn(state, [{ ...marked, gpus: [1] }])).toMatchObject({ running: 0, promisedMiB: 0 });
  });

  test("CAP-7 what was freed since the last process list has no name yet and is no room", () => {
    const { state } = shown([[python(7, 30_000)]], { marked: [marked] });
    const dip = { ...gpuWith(1, []), processesAtMs: 0 };
    const later = observe(state, [dip], [marked], 1000).state;
    expect(promisedOn(later, [marked]).freeMiB).toBe(TOTAL - 30_500);
  });

  test("CAP-15 the end of a marked job teaches its profile, an out-of-memory what it wanted at least", () => {
    const { state } = shown([[python(7, 20_000)], [python(7, 38_000)], [python(7, 38_000)]], {
      marked: [marked],
    });
    expect(endMarkedJob(state, marked, "done").signature).toMatchObject({
      profile: "wan2.2-i2v-a14b",
      peakMiB: 38_000,
      outOfMemory: false,
    });
    const died = endMarkedJob(state, marked, "out-of-memory");
    expect(died.signature).toMatchObject({ peakMiB: TOTAL - 500, outOfMemory: true });
    expect(endMarkedJob(state, marked, "failed").signature).toBeNull();
    // A process that lives on begins its next job anew, smaller ones included.
    const next = { ...marked, id: "b", profile: "small" };
    const on = shown([[python(7, 12_000)], [python(7, 12_000)]], {
      from: endMarkedJob(state, marked, "done").state,
      marked: [next],
      startS: 6,
    });
    expect(endMarkedJob(on.state, next, "done").signature?.peakMiB).toBe(12_000);
    // Its process is gone later: that was the same job.
    expect(observe(died.state, [gpuWith(8, [])], [], 8000).learned).toEqual([]);
  });
});
