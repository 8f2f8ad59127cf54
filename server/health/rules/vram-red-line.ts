import { mibToGib } from "../../../shared/gpu/units.ts";
import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type GpuRule, type SettingsOf, timing, wholePct } from "../rule.ts";
import { movedWithin, notFreeMiB, notFreePct } from "../track/track.ts";

const FALLING_MIB = 128;
const FALLING_MS = 5000;

/** Hardly any VRAM is free, and it does not become more. */
export function vramRedLine({ dangerPct, healthyPct, seconds }: SettingsOf<"vram-red-line">): GpuRule {
  return {
    id: "vram-red-line",
    timing: timing(seconds),
    judge({ gpu, track }) {
      const share = notFreePct(gpu);
      if (share === null) return UNKNOWN;
      if (share <= healthyPct) return CLEAR;
      const falling = (movedWithin(track, FALLING_MS)?.riseMiB ?? 0) <= -FALLING_MIB;
      if (share < dangerPct || falling) return BETWEEN;
      const freeMiB = Math.max(0, (gpu.memoryTotalMiB ?? 0) - (notFreeMiB(gpu) ?? 0));
      const params = { gpu: gpu.index, percent: wholePct(share), gib: mibToGib(freeMiB).toFixed(1) };
      return { level: "danger", severity: "critical", params };
    },
  };
}
