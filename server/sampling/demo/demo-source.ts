import { steadyMs } from "../../lib/clock.ts";
import { createEmitter } from "../../lib/emitter.ts";
import type { SampleSource, SourceEvent } from "../source.ts";
import { createDemoGpus, modelsOf, stepGpu, toDemoRow, unloadGpu } from "./machine.ts";

/** The demo machine as a source, with the unload hook of its simulated backend. */
export interface DemoSource extends SampleSource {
  /** Unloads the simulated models; their VRAM is back a second or two later. */
  unload(): void;
  /** What that would give back, MiB. */
  modelsMiB(): number;
}

/** VRAM of the simulated process that is not models: its CUDA context and the desktop's share. */
const CONTEXT_MIB = 420;

/** A simulated machine that plays the curves which users have reported. */
export function createDemoSource(gpuCount: number): DemoSource {
  const events = createEmitter<SourceEvent>();
  let gpus = createDemoGpus(gpuCount);
  let intervalMs = 1000;
  let lastAtMs = steadyMs();
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;
  let started = false;
  let noiseState = 1;

  /** Park–Miller: the same run every time, so that a picture of the demo can be taken again. */
  function noise(): number {
    noiseState = (noiseState * 48_271) % 2_147_483_647;
    return (noiseState / 2_147_483_647) * 2 - 1;
  }

  function advance() {
    const now = steadyMs();
    const seconds = (now - lastAtMs) / 1000;
    lastAtMs = now;
    gpus = gpus.map((gpu) => stepGpu(gpu, seconds));
  }

  function tick() {
    advance();
    events.emit({ type: "tick", tick: gpus.map((gpu, i) => toDemoRow(gpu, i, noise())), warning: null });
  }

  return {
    kind: "demo",
    subscribe: events.subscribe,
    start() {
      started = true;
      timer = setInterval(tick, intervalMs);
      tick();
    },
    setIntervalMs(ms) {
      if (ms === intervalMs) return;
      intervalMs = ms;
      if (!started) return;
      clearInterval(timer);
      clearImmediate(soon);
      timer = setInterval(tick, intervalMs);
      // Never within the call: whoever asks for another rate may do so because of a sample.
      soon = setImmediate(tick);
    },
    async queryProcesses() {
      const processes = new Map(
        gpus.map((gpu, i) => [
          `GPU-demo-${i}`,
          [{ pid: 4200 + i, name: gpu.track.process, usedMiB: Math.round(gpu.usedMiB - CONTEXT_MIB) }],
        ]),
      );
      return { processes, cpuMs: 0 };
    },
    unload() {
      advance();
      gpus = gpus.map(unloadGpu);
    },
    modelsMiB: () => Math.round(gpus.reduce((sum, gpu) => sum + modelsOf(gpu), 0)),
    async close() {
      clearInterval(timer);
      clearImmediate(soon);
    },
  };
}
