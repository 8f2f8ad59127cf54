import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { ProcessTimings } from "../timings.ts";

/** Says with every sample whether the slower query for processes is due. It starts nothing itself. */
export interface ProcessSchedule {
  isDue(gpus: readonly ScheduledGpu[], nowMs: number, isWanted: boolean): boolean;
  /** Processes are being listed now. */
  began(gpus: readonly ScheduledGpu[], nowMs: number): void;
  /** @param cpuMs CPU time that it took; `null` where that is not known */
  ended(nowMs: number, cpuMs: number | null): void;
}

type ScheduledGpu = Pick<Gpu, "uuid" | "memoryUsedMiB"> & Partial<Pick<Gpu, "utilizationGpuPct">>;

/** VRAM in use that has moved by so much since the last list means that somebody has come, gone or grown, MiB. */
export const MOVED_MIB = 256;
/** Rests 49 times as long as a list takes: 2 % of one core. Where CPU time is not told, all time counts as such. */
const REST_FACTOR = 49;
/** A driver that is slow without using the CPU is not asked for more than a fifth of the time. */
const SLOW_FACTOR = 4;

/** A GPU this busy computes. */
const COMPUTES_PCT = 20;

export function createProcessSchedule(timings: ProcessTimings): ProcessSchedule {
  /** VRAM in use when the processes were listed last, or when the GPU was first seen. */
  let used = new Map<string, number>();
  let beganMs = Number.NEGATIVE_INFINITY;
  let restsUntilMs = Number.NEGATIVE_INFINITY;
  /** When a list last found that something had moved or computed. */
  let activeMs = Number.NEGATIVE_INFINITY;
  const hasMoved = ({ uuid, memoryUsedMiB: now }: ScheduledGpu) =>
    now !== null && Math.abs(now - (used.get(uuid) ?? now)) >= MOVED_MIB;
  return {
    isDue(gpus, nowMs, isWanted) {
      for (const { uuid, memoryUsedMiB: now } of gpus)
        if (now !== null && !used.has(uuid)) used.set(uuid, now);
      if (nowMs < restsUntilMs || nowMs - beganMs < timings.soonestMs) return false;
      if (isWanted && nowMs - beganMs >= timings.intervalMs) return true;
      const listAgainMs = activeMs + timings.listAgainMs;
      return (beganMs < listAgainMs && nowMs >= listAgainMs) || gpus.some(hasMoved);
    },
    began(gpus, nowMs) {
      beganMs = nowMs;
      const computes = gpus.some(({ utilizationGpuPct: pct = null }) => (pct ?? 0) >= COMPUTES_PCT);
      if (computes || gpus.some(hasMoved)) activeMs = nowMs;
      used = new Map(gpus.flatMap(({ uuid, memoryUsedMiB: now }) => (now === null ? [] : [[uuid, now]])));
    },
    ended(nowMs, cpuMs) {
      const tookMs = nowMs - beganMs;
      restsUntilMs = nowMs + Math.max(REST_FACTOR * (cpuMs ?? tookMs), SLOW_FACTOR * tookMs);
    },
  };
}
