import { CLEAR, UNKNOWN } from "../hold.ts";
import { AT_ONCE, type GpuRule, type SettingsOf } from "../rule.ts";

/** The memory has errors that could not be corrected, since the driver was loaded. */
export function eccErrors(_settings: SettingsOf<"ecc-errors">): GpuRule {
  return {
    id: "ecc-errors",
    timing: { ...AT_ONCE, settleMs: 600_000 },
    judge({ gpu, slow }) {
      const count = slow?.eccUncorrected ?? null;
      if (count === null) return UNKNOWN;
      if (count === 0) return CLEAR;
      return { level: "danger", severity: "critical", params: { gpu: gpu.index, count }, news: count };
    },
  };
}
