import { describe, expect, test } from "vitest";
import { RULES, type RuleId } from "../../../../shared/health/alert.ts";
import { begun, during, type Frame, gpu, play, TOTAL_MIB } from "./trace.ts";

/** One case of a rule: what is seen, and whether there must be an alert. */
interface Case {
  rule: RuleId;
  seen: string;
  fires: boolean;
  frames: Frame[];
  params?: Record<string, unknown>;
}

const FULL = Math.round(TOTAL_MIB * 0.99);
const job = (used: number, busy: number, more = {}): Frame => ({
  running: [[0]],
  gpus: [gpu(used, busy, more)],
});
const idle = (seconds: number, used = 1000) => during(seconds, { gpus: [gpu(used)] });
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
/** Hours of work at a temperature that `at` gives for the hour. */
const hot = (hours: number, at: (hour: number) => number) =>
  during(hours * 720, (i) => ({
    stepMs: 5000,
    gpus: [gpu(16_000, 95, { temperatureC: Math.round(at(i / 720)) })],
  }));

const cases: Case[] = [
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
  // VRAM at the red line
  {
    rule: "vram-red-line",
    seen: "99 % full for 20 s",
    fires: true,
    frames: [...idle(10), ...during(20, { gpus: [gpu(FULL, 95)] })],
    params: { gpu: 0, percent: 99, gib: "0.2" },
  },
  {
    rule: "vram-red-line",
    seen: "nothing free although memory.used stays below the total: the driver keeps 460 MiB",
    fires: true,
    frames: during(20, { gpus: [gpu(TOTAL_MIB - 560, 95, { memoryFreeMiB: 100, memoryReservedMiB: 460 })] }),
  },
  {
    rule: "vram-red-line",
    seen: "98 % full: below the red line",
    fires: false,
    frames: during(120, { gpus: [gpu(Math.round(TOTAL_MIB * 0.98), 95)] }),
  },
  {
    rule: "vram-red-line",
    seen: "99 % full for 8 s",
    fires: false,
    frames: [...during(8, { gpus: [gpu(FULL, 95)] }), ...idle(60)],
  },
  {
    rule: "vram-red-line",
    seen: "a card of 80 GiB that is above the line and falling",
    fires: false,
    frames: during(12, (s) => ({ gpus: [gpu(81_500 - 60 * s, 50, { memoryTotalMiB: 81_559 })] })),
  },
  // CPU load
  {
    rule: "cpu-load",
    seen: "7.2 on 4 cores for 40 s",
    fires: true,
    frames: during(40, { host: { load1: 7.2 } }),
    params: { load: 7.2, cores: 4 },
  },
  {
    rule: "cpu-load",
    seen: "7.2 on 4 cores for 25 s",
    fires: false,
    frames: [...during(25, { host: { load1: 7.2 } }), ...during(60, {})],
  },
  {
    rule: "cpu-load",
    seen: "7.2 on 32 cores",
    fires: false,
    frames: during(120, { host: { load1: 7.2, coreCount: 32 } }),
  },
  {
    rule: "cpu-limit",
    seen: "a container that is held back in 80 % of its periods",
    fires: true,
    frames: during(60, (s) => ({
      host: { cpuLimit: 4, cpuPeriods: { all: 1000 + 10 * s, throttled: 8 * s } },
    })),
    params: { cores: 4, percent: 80 },
  },
  {
    rule: "cpu-limit",
    seen: "a container that was held back for 20 s and then rests",
    fires: false,
    frames: [
      ...during(20, (s) => ({ host: { cpuLimit: 4, cpuPeriods: { all: 1000 + 10 * s, throttled: 8 * s } } })),
      ...during(60, { host: { cpuLimit: 4, cpuPeriods: { all: 1190, throttled: 152 } } }),
    ],
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
  // host memory
  {
    rule: "host-memory",
    seen: "98 % of the machine's memory for 15 s",
    fires: true,
    frames: during(15, { host: { memoryUsedMiB: 62_720 } }),
    params: { percent: 98, where: "machine", gib: "62.5" },
  },
  {
    rule: "host-memory",
    seen: "98 % of a container's limit",
    fires: true,
    frames: during(15, { host: { memoryUsedMiB: 15_680, memoryMostMiB: 16_000, memoryOf: "container" } }),
    params: { percent: 98, where: "container", gib: "15.6" },
  },
  {
    rule: "host-memory",
    seen: "96 %",
    fires: false,
    frames: during(120, { host: { memoryUsedMiB: 61_440 } }),
  },
  {
    rule: "host-memory",
    seen: "not known",
    fires: false,
    frames: during(120, { host: { memoryUsedMiB: null } }),
  },
  {
    rule: "process-killed",
    seen: "the kernel's count of kills rises",
    fires: true,
    frames: [...during(5, {}), ...during(5, { host: { oomKills: 4, memoryOf: "container" } })],
    params: { where: "container" },
  },
  {
    rule: "process-killed",
    seen: "kills of before the sidecar",
    fires: false,
    frames: during(60, { host: { oomKills: 17 } }),
  },
  // one GPU full
  {
    rule: "one-gpu-full",
    seen: "a job on two GPUs fills one of them",
    fires: true,
    frames: during(30, { running: [[0, 1]], gpus: [gpu(23_900, 90), gpu(600)] }),
    params: { gpu: 0, percent: 97.3 },
  },
  {
    rule: "one-gpu-full",
    seen: "both are full",
    fires: false,
    frames: during(120, { running: [[0, 1]], gpus: [gpu(23_900, 90), gpu(22_000, 90)] }),
  },
  {
    rule: "one-gpu-full",
    seen: "there is only one",
    fires: false,
    frames: during(120, { running: [[0]], gpus: [gpu(23_900, 90)] }),
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
  // temperature over hours
  {
    rule: "temperature-rising",
    seen: "66 to 78 °C in four hours of work",
    fires: true,
    frames: hot(4, (hour) => 66 + 3 * hour + (hour % 0.1) * 10),
    params: { gpu: 0, from: expect.any(Number), to: expect.any(Number) },
  },
  {
    rule: "temperature-rising",
    seen: "a card that warms up in 15 minutes and stays",
    fires: false,
    frames: hot(4, (hour) => 72 - 30 * Math.exp(-hour * 12)),
  },
  {
    rule: "temperature-rising",
    seen: "up and down by 4 °C",
    fires: false,
    frames: hot(5, (hour) => 72 + 4 * Math.sin(hour * 3)),
  },
  // what the driver reports
  {
    rule: "thermal-throttling",
    seen: "hw-thermal in two of three samples for 30 s",
    fires: true,
    frames: during(30, (s) => ({
      gpus: [gpu(16_000, 95, { temperatureC: 91, throttle: s % 3 < 2 ? ["hw-slowdown", "hw-thermal"] : [] })],
    })),
    params: { gpu: 0, temperature: 91 },
  },
  {
    rule: "thermal-throttling",
    seen: "the power limit",
    fires: false,
    frames: during(120, { gpus: [gpu(16_000, 95, { throttle: ["power-cap"] })] }),
  },
  {
    rule: "thermal-throttling",
    seen: "for 5 s",
    fires: false,
    frames: [...during(5, { gpus: [gpu(16_000, 95, { throttle: ["sw-thermal"] })] }), ...idle(60)],
  },
  {
    rule: "power-brake",
    seen: "hw-power-brake for 15 s",
    fires: true,
    frames: during(15, { gpus: [gpu(16_000, 95, { throttle: ["hw-slowdown", "hw-power-brake"] })] }),
  },
  {
    rule: "power-brake",
    seen: "slowed down by heat",
    fires: false,
    frames: during(60, { gpus: [gpu(16_000, 95, { throttle: ["hw-slowdown", "hw-thermal"] })] }),
  },
  {
    rule: "fan-stopped",
    seen: "0 % at 86 °C",
    fires: true,
    frames: during(15, { gpus: [gpu(16_000, 95, { fanPct: 0, temperatureC: 86 })] }),
    params: { gpu: 0, temperature: 86 },
  },
  {
    rule: "fan-stopped",
    seen: "0 % at 52 °C: it rests",
    fires: false,
    frames: during(60, { gpus: [gpu(1000, 0, { fanPct: 0, temperatureC: 52 })] }),
  },
  {
    rule: "fan-stopped",
    seen: "no fan at 86 °C: a passive card",
    fires: false,
    frames: during(60, { gpus: [gpu(16_000, 95, { fanPct: null, temperatureC: 86 })] }),
  },
  {
    rule: "gpu-lost",
    seen: "one of two does not answer",
    fires: true,
    frames: [
      ...during(5, { gpus: [{}, {}] }),
      ...during(10, { gpus: [{}, { lost: true, memoryUsedMiB: null }] }),
    ],
    params: { gpu: 1 },
  },
  {
    rule: "gpu-lost",
    seen: "for 3 s",
    fires: false,
    frames: [...during(3, { gpus: [{ lost: true }] }), ...idle(60)],
  },
  {
    rule: "gpu-needs-reset",
    seen: "the driver says so of one of two",
    fires: true,
    frames: [...during(5, { gpus: [{}, {}] }), { gpus: [{}, { needsReset: true, memoryUsedMiB: null }] }],
    params: { gpu: 1 },
  },
  {
    rule: "gpu-needs-reset",
    seen: "nothing of the kind",
    fires: false,
    frames: during(5, { gpus: [{}, { lost: true }] }),
  },
  {
    rule: "ecc-errors",
    seen: "two uncorrected errors",
    fires: true,
    frames: [{ slow: {} }, { slow: { eccUncorrected: 2 } }, {}],
    params: { gpu: 0, count: 2 },
  },
  {
    rule: "ecc-errors",
    seen: "a card without ECC",
    fires: false,
    frames: [{ slow: { eccUncorrected: null } }, ...idle(60)],
  },
  {
    rule: "pcie-degraded",
    seen: "x4 in place of x16 in two readings under load",
    fires: true,
    frames: [
      ...during(10, job(16_000, 95)),
      { ...job(16_000, 95), slow: { pcieWidth: 4 } },
      ...during(60, job(16_000, 95)),
      { ...job(16_000, 95), slow: { pcieWidth: 4 } },
    ],
    params: { gpu: 0, now: "4.0 x4", best: "4.0 x16" },
  },
  {
    rule: "pcie-degraded",
    seen: "generation 1 at rest",
    fires: false,
    frames: [
      ...idle(10),
      { slow: { pcieGen: 1 } },
      ...idle(60),
      { slow: { pcieGen: 1 } },
      ...during(60, job(16_000, 95)),
    ],
  },
  {
    rule: "pcie-degraded",
    seen: "one bad reading",
    fires: false,
    frames: [
      ...during(10, job(16_000, 95)),
      { ...job(16_000, 95), slow: { pcieGen: 3 } },
      ...during(60, job(16_000, 95)),
      { ...job(16_000, 95), slow: {} },
      ...during(9, job(16_000, 95)),
    ],
  },
  {
    rule: "xid",
    seen: "79 for the second GPU",
    fires: true,
    frames: [
      { gpus: [{}, {}], slow: {} },
      { gpus: [{}, {}], xids: [{ busId: "0000:02:00", code: 79 }] },
    ],
    params: { gpu: 1, code: 79 },
  },
  {
    rule: "xid",
    seen: "for a card that is not shown",
    fires: false,
    frames: [{ slow: {} }, { xids: [{ busId: "0000:41:00", code: 79 }] }, {}],
  },
];

describe("HLT-1 each red line fires on what it is for, and not on what only looks like it", () => {
  test.each(cases)("HLT-1 HLT-2 $rule: $seen → $fires", ({ rule, fires, frames, params }) => {
    const transitions = play(frames);
    const found = transitions.filter(({ kind, finding }) => kind === "began" && finding.rule === rule);
    expect(found).toHaveLength(fires ? 1 : 0);
    if (params !== undefined) expect(found[0]?.finding.params).toMatchObject(params);
  });

  test("HLT-1 every rule has a trace that must fire and one that must not", () => {
    for (const fires of [true, false]) {
      const covered = new Set(cases.filter((one) => one.fires === fires).map(({ rule }) => rule));
      expect(RULES.filter((rule) => !covered.has(rule))).toEqual([]);
    }
  });

  test("HLT-1 where nothing is known nothing is said", () => {
    const unknown = {
      memoryUsedMiB: null,
      memoryFreeMiB: null,
      memoryTotalMiB: null,
      utilizationGpuPct: null,
      temperatureC: null,
      fanPct: null,
      throttle: null,
    };
    const host = { load1: null, memoryUsedMiB: null, memoryMostMiB: null, oomKills: null };
    expect(begun(play(during(300, { gpus: [unknown, unknown], host, running: [[0]] })))).toEqual([]);
  });
});
