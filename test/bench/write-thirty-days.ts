import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import * as v from "valibot";
import { createArchive } from "../../server/history/archive.ts";
import { openBlockStore } from "../../server/history/block-store.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { gpuWith } from "../helpers/gpu-with.ts";
import { GPU_COUNT } from "./busy-machine.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
export const DAYS = 30;
/** The last day by the second as a watched panel samples; before it every 30 s, which fills as many buckets. */
const FINE_MS = DAY_MS;
export const COARSE_STEP_MS = 30_000;
/** As the sidecar does, in the last day. */
export const FLUSH_EVERY_MS = 50_000;
const COARSE_FLUSH_MS = 5 * MINUTE_MS;

const MIB = 1024 * 1024;

/** What writing took. */
export const writtenSchema = v.object({
  diskMib: v.number(),
  flushMs: v.number(),
  slowestFlushMs: v.number(),
  sampleUs: v.number(),
});

/** Thirty days of eight busy GPUs up to now, written by the store that the sidecar has. */
export function writeThirtyDays(file: string): v.InferOutput<typeof writtenSchema> {
  const endMs = Date.now();
  const now = { wallMs: endMs - DAYS * DAY_MS, steadyMs: 0 };
  const store = openBlockStore(file, (message) => process.stderr.write(`${message}\n`));
  const archive = createArchive(store, { longestIntervalMs: () => 1000, clocks: () => now });
  const flushesMs: number[] = [];
  let flushedAt = now.wallMs;
  let samples = 0;
  let samplesMs = 0;
  for (let tick = 0; now.wallMs < endMs; tick++) {
    const stepMs = endMs - now.wallMs > FINE_MS ? COARSE_STEP_MS : 1000;
    now.wallMs += stepMs;
    now.steadyMs += stepMs;
    const sample = { seq: tick + 1, tMs: now.steadyMs, gpus: busyGpus(tick) };
    const before = performance.now();
    archive.append(sample);
    samplesMs += performance.now() - before;
    samples++;
    if (now.wallMs - flushedAt < (stepMs === 1000 ? FLUSH_EVERY_MS : COARSE_FLUSH_MS)) continue;
    flushedAt = now.wallMs;
    const flushBefore = performance.now();
    archive.flush();
    if (stepMs === 1000) flushesMs.push(performance.now() - flushBefore);
  }
  archive.close();
  // Who opens the file next would wait for the disk to take in all of it, which no start after a month has to.
  const written = openSync(file, "r");
  fsyncSync(written);
  closeSync(written);
  flushesMs.sort((a, b) => a - b);
  return {
    diskMib: statSync(file).size / MIB,
    flushMs: flushesMs[Math.floor(flushesMs.length / 2)] ?? 0,
    slowestFlushMs: flushesMs.at(-1) ?? 0,
    sampleUs: (samplesMs / samples) * 1000,
  };
}

/** Every figure of every GPU another one each time, about as a busy GPU has them. */
function busyGpus(tick: number): Gpu[] {
  return Array.from({ length: GPU_COUNT }, (_, index) => {
    const load = (Math.sin(tick / 300 + index) + 1) / 2;
    const noise = (tick * 7919 + index * 104_729) % 97;
    return gpuWith({
      index,
      uuid: fakeGpu(index).uuid,
      name: "bench",
      memoryTotalMiB: 97_887,
      memoryUsedMiB: Math.round(45_000 + load * 35_000) + noise,
      utilizationGpuPct: 60 + ((noise + index) % 40),
      temperatureC: Math.round(62 + load * 15) + (noise % 3),
      powerDrawW: 400 + load * 150 + noise / 2,
    });
  });
}
