import { CLEAR, UNKNOWN } from "../hold.ts";
import { type GpuRule, type SettingsOf, timing } from "../rule.ts";

/** The link is narrower or slower than card and slot allow, under load: an idle card slows its link down on purpose. */
export function pcieDegraded(_settings: SettingsOf<"pcie-degraded">): GpuRule {
  return {
    id: "pcie-degraded",
    // Two readings a minute apart have to agree.
    timing: timing(50, 0, 86_400),
    judge({ gpu, track: { busyReading } }) {
      if (busyReading === null) return UNKNOWN;
      const { pcieGen, pcieGenMax, pcieWidth, pcieWidthMax } = busyReading;
      if (pcieGen === null || pcieGenMax === null || pcieWidth === null || pcieWidthMax === null)
        return UNKNOWN;
      if (pcieGen >= pcieGenMax && pcieWidth >= pcieWidthMax) return CLEAR;
      return {
        level: "danger",
        severity: "warning",
        params: {
          gpu: gpu.index,
          now: `${pcieGen}.0 x${pcieWidth}`,
          best: `${pcieGenMax}.0 x${pcieWidthMax}`,
        },
      };
    },
  };
}
