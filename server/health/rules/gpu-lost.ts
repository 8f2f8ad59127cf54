import { CLEAR } from "../hold.ts";
import { type GpuRule, type SettingsOf, timing } from "../rule.ts";

/** The GPU was there and no longer answers: it has fallen off the bus, or the driver has given it up. */
export function gpuLost({ seconds }: SettingsOf<"gpu-lost">): GpuRule {
  return {
    id: "gpu-lost",
    timing: timing(seconds, 5),
    judge: ({ gpu }) =>
      gpu.lost ? { level: "danger", severity: "critical", params: { gpu: gpu.index } } : CLEAR,
  };
}
