import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type GpuRule, type SettingsOf, timing } from "../rule.ts";

/** The fan stands still while the GPU is hot. At rest many fans stop on purpose. */
export function fanStopped({ hotC, coolC, seconds }: SettingsOf<"fan-stopped">): GpuRule {
  return {
    id: "fan-stopped",
    timing: timing(seconds),
    judge({ gpu }) {
      if (gpu.fanPct === null || gpu.temperatureC === null) return UNKNOWN;
      if (gpu.fanPct > 0 || gpu.temperatureC <= coolC) return CLEAR;
      if (gpu.temperatureC < hotC) return BETWEEN;
      const params = { gpu: gpu.index, temperature: Math.round(gpu.temperatureC) };
      return { level: "danger", severity: "critical", params };
    },
  };
}
