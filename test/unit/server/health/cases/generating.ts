import { expect } from "vitest";
import { during, type Frame, gpu } from "../trace.ts";
import { type Case, idle, job } from "./case.ts";

/** A declared job of a minute; VRAM after it. */
const wholeJob = (
  after: number,
  ends: Frame["ends"] = "done",
  processes: Frame["gpus"] = undefined,
): Frame[] => [
  ...during(5, job(9000, 5)),
  ...during(30, job(16_000, 96)),
  { ends: ends ?? "done", gpus: processes ?? [gpu(after)] },
  ...during(20, { gpus: processes ?? [gpu(after)] }),
];
const python = (usedMiB: number) => [{ pid: 4242, name: "python", usedMiB }];
export const GENERATING: readonly Case[] = [
  // utilization while generating
  {
    rule: "low-utilization",
    seen: "a job that ran at 95 % falls to 45 % for 40 s",
    fires: true,
    frames: [...during(30, job(16_000, 95)), ...during(40, job(16_000, 45))],
    params: { gpu: 0, percent: expect.any(Number) },
  },
  {
    rule: "low-utilization",
    seen: "the same without a declared job",
    fires: true,
    frames: [...during(30, { gpus: [gpu(16_000, 95)] }), ...during(40, { gpus: [gpu(16_000, 45)] })],
  },
  {
    rule: "low-utilization",
    seen: "a dip to 45 % of 9 s",
    fires: false,
    frames: [...during(30, job(16_000, 95)), ...during(9, job(16_000, 45)), ...during(30, job(16_000, 95))],
  },
  {
    rule: "low-utilization",
    seen: "65 % for minutes: above the red line",
    fires: false,
    frames: [...during(30, job(16_000, 95)), ...during(300, job(16_000, 65))],
  },
  {
    rule: "low-utilization",
    seen: "the second of two models is loaded in mid-job (18 to 36 GB in 20 s)",
    fires: false,
    frames: [
      ...during(30, job(18_000, 97, { memoryTotalMiB: 49_140 })),
      ...during(20, (s) => job(18_000 + 900 * s, 2, { memoryTotalMiB: 49_140 })),
      ...during(30, job(36_000, 97, { memoryTotalMiB: 49_140 })),
    ],
  },
  {
    rule: "low-utilization",
    seen: "nobody generates, a desktop keeps the GPU 15 % busy",
    fires: false,
    frames: during(300, { gpus: [gpu(1500, 15)] }),
  },
  // recompilation at the start of a job
  {
    rule: "recompiling",
    seen: "a declared job holds 12 GB and does nothing for 30 s, then works",
    fires: true,
    frames: [
      ...during(5, (s) => job(2000 + 2500 * s, 0)),
      ...during(45, job(12_000, 0)),
      ...during(20, job(12_000, 97)),
    ],
    params: { gpu: 0, gib: "11.7" },
  },
  {
    rule: "recompiling",
    seen: "a model that is loaded for 40 s: VRAM rises",
    fires: false,
    frames: [...during(40, (s) => job(2000 + 400 * s, 0)), ...during(20, job(18_000, 97))],
  },
  {
    rule: "recompiling",
    seen: "a model that lies idle in VRAM, and no job",
    fires: false,
    frames: idle(600, 12_000),
  },
  {
    rule: "recompiling",
    seen: "a pause of 30 s in the middle of a job",
    fires: false,
    frames: [...during(30, job(12_000, 97)), ...during(30, job(12_000, 0)), ...during(20, job(12_000, 97))],
  },
  // VAE decode
  {
    rule: "vae-decode-peak",
    seen: "5 % for 8 s in mid-job, then out of memory",
    fires: true,
    frames: [
      ...during(40, job(16_000, 97)),
      ...during(8, (s) => job(18_000 + 700 * s, 5)),
      { ends: "out-of-memory", gpus: [gpu(1000)] },
      ...idle(20),
    ],
    params: { gpu: 0, percent: 5 },
  },
  {
    rule: "vae-decode-peak",
    seen: "the same without a declared job: the process vanishes from a full GPU",
    fires: true,
    frames: [
      ...idle(5),
      ...during(40, { gpus: [gpu(16_000, 97)] }),
      ...during(8, (s) => ({ gpus: [gpu(18_000 + 900 * s, 5)] })),
      ...idle(20),
    ],
  },
  {
    rule: "vae-decode-peak",
    seen: "out of memory from 97 %: no dip",
    fires: false,
    frames: [...during(40, job(16_000, 97)), { ends: "out-of-memory", gpus: [gpu(1000)] }, ...idle(20)],
  },
  {
    rule: "vae-decode-peak",
    seen: "5 % for 8 s, and the job ends well",
    fires: false,
    frames: [
      ...during(40, job(16_000, 97)),
      ...during(8, job(23_000, 5)),
      { ends: "done", gpus: [gpu(1000)] },
      ...idle(20),
    ],
  },
  {
    rule: "vae-decode-peak",
    seen: "a program that saves its video at 0 % and ends, from a full GPU",
    fires: false,
    frames: [
      ...idle(5),
      ...during(40, { gpus: [gpu(24_200, 97)] }),
      ...during(8, { gpus: [gpu(24_200, 0)] }),
      ...idle(20),
    ],
  },
  // allocator cache
  {
    rule: "cache-not-returned",
    seen: "three good jobs, then out of memory, with 9 GB held before it",
    fires: true,
    frames: [
      ...idle(10),
      ...wholeJob(9000),
      ...wholeJob(9050),
      ...wholeJob(9020),
      ...wholeJob(9000, "out-of-memory"),
    ],
    params: { gpu: 0, jobs: 3, gib: "8.8" },
  },
  {
    rule: "cache-not-returned",
    seen: "three good jobs, then out of memory, with nothing held before it",
    fires: false,
    frames: [
      ...idle(10),
      ...wholeJob(1000),
      ...wholeJob(1000),
      ...wholeJob(1000),
      ...wholeJob(1000, "out-of-memory"),
    ],
  },
  {
    rule: "cache-not-returned",
    seen: "the second job fails",
    fires: false,
    frames: [...idle(10), ...wholeJob(9000), ...wholeJob(9000, "out-of-memory")],
  },
  // leak
  {
    rule: "leak",
    seen: "100 MiB more after each of four jobs",
    fires: true,
    frames: [
      ...[2000, 2100, 2200, 2300].flatMap((after) =>
        wholeJob(after, "done", [gpu(after, 0, { processes: python(after - 500) })]),
      ),
      ...wholeJob(2400),
    ],
    params: { gpu: 0, jobs: 3, mib: 100, process: "python, PID 4242" },
  },
  {
    rule: "leak",
    seen: "a cache that grows twice and then stays",
    fires: false,
    frames: [2000, 2900, 3300, 3310, 3300, 3305].flatMap((after) => wholeJob(after)),
  },
  {
    rule: "leak",
    seen: "noise of 40 MiB upwards",
    fires: false,
    frames: [2000, 2040, 2080, 2120, 2160].flatMap((after) => wholeJob(after)),
  },
  {
    rule: "leak",
    seen: "growth with a release in between",
    fires: false,
    frames: [
      ...[2000, 2100, 2200].flatMap((after) => wholeJob(after)),
      ...during(5, { releasing: true, gpus: [gpu(2000)] }),
      ...[2100, 2200].flatMap((after) => wholeJob(after)),
    ],
  },
];
