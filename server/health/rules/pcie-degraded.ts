import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import type { SlowReading } from "../moment.ts";
import { type GpuRule, type SettingsOf, timing } from "../rule.ts";

/** The link is narrower or slower than card and slot allow, under load: an idle card slows its link down on purpose. */
export function pcieDegraded(_settings: SettingsOf<"pcie-degraded">): GpuRule {
  return {
    id: "pcie-degraded",
    // A card that has no work for a day keeps its alert; the next reading under load decides.
    timing: timing(0, 0, 86_400),
    judge({ gpu, track: { busyReadings } }) {
      const last = busyReadings.at(-1);
      const degraded = busyReadings.map(isDegraded);
      if (last === undefined || degraded.includes(null)) return UNKNOWN;
      if (degraded.at(-1) === false) return CLEAR;
      // Two readings have to agree.
      if (degraded.length < 2 || degraded.includes(false)) return BETWEEN;
      const link = (gen: number | null, width: number | null) => `${gen}.0 x${width}`;
      return {
        level: "danger",
        severity: "warning",
        params: {
          gpu: gpu.index,
          now: link(last.pcieGen, last.pcieWidth),
          best: link(last.pcieGenMax, last.pcieWidthMax),
        },
        sinceMs: busyReadings[0]?.atMs ?? last.atMs,
      };
    },
  };
}

function isDegraded({ pcieGen, pcieGenMax, pcieWidth, pcieWidthMax }: SlowReading): boolean | null {
  if (pcieGen === null || pcieGenMax === null || pcieWidth === null || pcieWidthMax === null) return null;
  return pcieGen < pcieGenMax || pcieWidth < pcieWidthMax;
}
