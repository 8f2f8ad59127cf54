import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineSplitter } from "../../../server/lib/line-splitter.ts";
import { createTickAssembler, type Tick } from "../../../server/sampling/assemble-tick.ts";
import { createDemoGpus, stepGpu, toDemoRow, unloadGpu } from "../../../server/sampling/demo/machine.ts";
import { diagnoseEnding, diagnoseSentence } from "../../../server/sampling/diagnose.ts";
import { applyProcesses, applyTick, forgetReadings } from "../../../server/sampling/gpu-list.ts";
import type { GpuRow } from "../../../server/sampling/gpu-row.ts";
import { nextAttempt, silenceLimitMs } from "../../../server/sampling/supervise.ts";

const corpus = (name: string) =>
  readFileSync(new URL(`../../fixtures/nvidia-smi/corpus/${name}`, import.meta.url), "utf8");
const [demoGpu] = createDemoGpus(1);
if (demoGpu === undefined) throw new Error("no demo GPU");
const row = (index: number): GpuRow => toDemoRow(demoGpu, index, 0);
const indexes = (ticks: readonly Tick[]) => ticks.map((tick) => tick.map(({ index }) => index));

describe("ticks", () => {
  test("SMP-3 rows become the ticks they were printed in, whatever GPUs the machine has", () => {
    const gpuList = fc
      .uniqueArray(fc.nat({ max: 15 }), { minLength: 1, maxLength: 8 })
      .map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(gpuList, fc.integer({ min: 1, max: 6 }), (gpus, count) => {
        const assembler = createTickAssembler();
        const ticks = Array.from({ length: count }, () =>
          gpus.flatMap((index) => assembler.push(row(index))),
        ).flat();
        const rest = assembler.flush();
        expect(indexes(rest === null ? ticks : [...ticks, rest])).toEqual(
          Array.from({ length: count }, () => gpus),
        );
      }),
    );
  });

  test("SMP-11 a GPU fewer ends a tick all the same, and one more is part of the tick it came in", () => {
    const assembler = createTickAssembler();
    const push = (...list: number[]) => indexes(list.flatMap((index) => assembler.push(row(index))));
    expect(push(0, 1, 2, 0)).toEqual([[0, 1, 2]]);
    expect(push(1, 2)).toEqual([[0, 1, 2]]);
    expect(push(0, 2, 0)).toEqual([[0, 2]]);
    expect(push(2)).toEqual([[0, 2]]);
    expect(push(0, 2, 3)).toEqual([[0, 2]]);
    expect(indexes([assembler.flush() ?? []])).toEqual([[0, 2, 3]]);
    expect(assembler.flush()).toBeNull();
  });

  test("SMP-3 lines come out the same however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ -~]{0,40}$/)),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (lines, cuts) => {
          const splitter = createLineSplitter();
          const text = lines.map((line) => `${line}\n`).join("");
          const seen: string[] = [];
          for (let at = 0; at < text.length; ) {
            const length = cuts.next().value;
            seen.push(...splitter.push(text.slice(at, at + length)));
            at += length;
          }
          expect(seen).toEqual(lines);
          expect(splitter.rest()).toBe("");
        },
      ),
    );
    expect(createLineSplitter().push("x".repeat(20_000))).toHaveLength(1);
  });
});

describe("the list of GPUs", () => {
  const at = (...list: number[]) => list.map(row).map((one) => ({ ...one, uuid: `GPU-${one.index}` }));

  test("SMP-11 SMP-12 a missing GPU has unknown readings at once, is lost at the second tick, and returns", () => {
    const both = applyTick([], at(0, 1));
    const once = applyTick(both, at(0));
    expect(once.map(({ gpu }) => [gpu.index, gpu.lost, gpu.memoryUsedMiB === null])).toEqual([
      [0, false, false],
      [1, false, true],
    ]);
    const twice = applyTick(once, at(0));
    expect(twice.map(({ gpu }) => gpu.lost)).toEqual([false, true]);
    expect(applyTick(twice, at(0, 1)).map(({ gpu }) => gpu.lost)).toEqual([false, false]);
    expect(
      forgetReadings(both).every(({ gpu }) => gpu.memoryUsedMiB === null && gpu.temperatureC === null),
    ).toBe(true);
  });

  test("SMP-11 GPUs are told apart by UUID: a new order of indexes changes nothing but the indexes", () => {
    const before = applyProcesses(
      applyTick([], at(0, 1)),
      new Map([["GPU-1", [{ pid: 5, name: "a", usedMiB: 1 }]]]),
    );
    const swapped = applyTick(before, [
      { ...row(0), uuid: "GPU-1" },
      { ...row(1), uuid: "GPU-0" },
    ]);
    expect(swapped.map(({ gpu }) => [gpu.index, gpu.uuid, gpu.processes?.length])).toEqual([
      [0, "GPU-1", 1],
      [1, "GPU-0", 0],
    ]);
  });
});

describe("what is wrong, in words", () => {
  test.each([
    ["err-no-driver.txt", "no-driver"],
    ["err-mismatch.txt", "driver-library-mismatch"],
    ["err-mismatch-550.txt", "driver-library-mismatch"],
    ["err-mismatch-smi-nvml.txt", "driver-library-mismatch"],
    ["err-nvml-unknown-docker.txt", "nvml-unknown-error"],
    ["err-gpu-lost-old.txt", "gpu-lost"],
    ["err-gpu-unknown-610.txt", "gpu-lost"],
    ["err-gpu-unknown-nospace.txt", "gpu-lost"],
    ["err-gpu-unknown-old.txt", "gpu-lost"],
    ["err-gpu-needs-reset.txt", "gpu-needs-reset"],
    ["err-field.txt", "query-refused"],
    ["err-option-loop.txt", "query-refused"],
    ["err-loop-fraction-390.txt", "query-refused"],
    ["err-loop-zero.txt", "query-refused"],
    ["err-two-queries.txt", "query-refused"],
  ])("SMP-9 %s is %s", (file, code) => {
    expect(diagnoseSentence(corpus(file))?.code).toBe(code);
  });

  test("SMP-9 the GPU that a sentence names is told; an exit code counts where words say nothing", () => {
    expect(diagnoseSentence(corpus("err-gpu-unknown-610.txt"))?.params.gpu).toBe("1: 0000:34:00.0");
    expect(diagnoseSentence(corpus("err-gpu-unknown-old.txt"))?.params.gpu).toBe("0000:0B:00.0");
    const ending = (code: number | null, lastWords = "", signal: string | null = null) =>
      diagnoseEnding({ code, signal, lastWords }).code;
    expect([9, 12, 6, 4, 15, 127, 18].map((code) => ending(code))).toEqual([
      "no-driver",
      "driver-library-missing",
      "no-devices",
      "permission-denied",
      "gpu-lost",
      "nvidia-smi-not-found",
      "driver-library-mismatch",
    ]);
    expect(ending(255, "Failed to initialize NVML: Unknown Error")).toBe("nvml-unknown-error");
    expect(ending(0)).toBe("process-ended");
    expect(diagnoseEnding({ code: 137, signal: null, lastWords: "" }).message).toContain("signal 9");
  });

  test("SMP-6 SMP-7 attempts become rarer while they fail; silence is 3 intervals and 2 s", () => {
    const delays: number[] = [];
    for (let attempt = 0, i = 0; i < 8; i++) {
      const next = nextAttempt(attempt, 0);
      attempt = next.attempt;
      delays.push(next.delayMs);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
    expect(nextAttempt(5, 3)).toEqual({ attempt: 0, delayMs: 500 });
    expect(silenceLimitMs(1000, 1)).toBe(5000);
    expect(silenceLimitMs(1000, 0)).toBeGreaterThan(5000);
  });
});

describe("the demo machine", () => {
  test("PNL-4 plays the two humps of the I2V job, keeps its cache, and gives it back when released", () => {
    let gpu = demoGpu;
    const used: number[] = [];
    for (let s = 0; s < 160; s++) {
      gpu = stepGpu(gpu, 1);
      used.push(gpu.usedMiB);
    }
    expect(Math.max(...used)).toBeGreaterThan(39_400);
    expect(Math.max(...used)).toBeLessThanOrEqual(39_500);
    expect(used.some((mib) => mib > 18_000 && mib < 19_000)).toBe(true);
    expect(used.filter((mib) => mib === 30_400).length).toBeGreaterThan(10);
    gpu = unloadGpu(gpu);
    for (let s = 0; s < 4; s++) gpu = stepGpu(gpu, 1);
    expect([gpu.usedMiB, gpu.util]).toEqual([2000, 0]);
    for (let s = 0; s < 60; s++) gpu = stepGpu(gpu, 1);
    expect(gpu.usedMiB).toBeGreaterThan(17_000);
  });
});
