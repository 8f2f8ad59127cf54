import { createEmitter } from "../lib/emitter.ts";
import type { SampleSource, SourceEvent } from "./source.ts";

/** A machine without GPUs of its own, which shows those of others: its samples are empty, and come all the same. */
export function createNoneSource(): SampleSource {
  const events = createEmitter<SourceEvent>();
  let intervalMs = 1000;
  let timer: NodeJS.Timeout | undefined;
  const tick = () => events.emit({ type: "tick", tick: [], warning: null });
  return {
    kind: "redis",
    subscribe: events.subscribe,
    start() {
      timer = setInterval(tick, intervalMs);
      tick();
    },
    setIntervalMs(ms) {
      if (ms === intervalMs) return;
      intervalMs = ms;
      if (timer === undefined) return;
      clearInterval(timer);
      timer = setInterval(tick, intervalMs);
    },
    queryProcesses: async () => ({ processes: null, cpuMs: null }),
    async close() {
      clearInterval(timer);
    },
  };
}
