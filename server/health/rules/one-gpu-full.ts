import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { usedPctOf, vramOf } from "../../../shared/gpu/vram.ts";
import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type GpuContext, type GpuRule, type SettingsOf, timing, wholePct } from "../rule.ts";

const HYSTERESIS_PCT = 5;

/** One GPU of several is full and the others are not: a job that was to be shared out is not. */
export function oneGpuFull({ fullPct: danger, othersPct, seconds }: SettingsOf<"one-gpu-full">): GpuRule {
  return {
    id: "one-gpu-full",
    timing: timing(seconds),
    judge(context) {
      const { gpu, moment } = context;
      const share = usedPctOf(vramOf(gpu));
      if (moment.gpus.length < 2) return CLEAR;
      if (share === null) return UNKNOWN;
      let most = 0;
      for (const other of moment.gpus) {
        if (other.uuid === gpu.uuid) continue;
        const full = usedPctOf(vramOf(other));
        if (full === null) return UNKNOWN;
        most = Math.max(most, full);
      }
      if (share < danger - HYSTERESIS_PCT || most > othersPct + HYSTERESIS_PCT) return CLEAR;
      if (share < danger || most > othersPct) return BETWEEN;
      const params = { gpu: gpu.index, percent: wholePct(share) };
      // One job on one card, and the next on another, is how many people work.
      return { level: "danger", severity: isShared(context) ? "warning" : "info", params };
    },
  };
}

/** A job, or a process, is known to be on this GPU and on another one. */
function isShared({ gpu, moment }: GpuContext): boolean {
  const isShared = moment.running.some(({ gpus }) => gpus.length > 1 && gpus.includes(gpu.index));
  return isShared || moment.gpus.some((other) => other.uuid !== gpu.uuid && shareProcess(gpu, other));
}

function shareProcess(a: Gpu, b: Gpu): boolean {
  return a.processes?.some(({ pid }) => b.processes?.some((one) => one.pid === pid)) ?? false;
}
