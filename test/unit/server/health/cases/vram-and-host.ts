import { during, gpu, TOTAL_MIB } from "../trace.ts";
import { type Case, idle } from "./case.ts";

const FULL = Math.round(TOTAL_MIB * 0.99);
export const VRAM_AND_HOST: readonly Case[] = [
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
];
