import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { gib, type HostRule, type SettingsOf, timing, wholePct } from "../rule.ts";

/** The machine's memory, or the container's limit, is nearly used up: next the kernel kills somebody. */
export function hostMemory({ dangerPct, healthyPct, seconds }: SettingsOf<"host-memory">): HostRule {
  return {
    id: "host-memory",
    timing: timing(seconds),
    judge({ moment: { host } }) {
      const { memoryUsedMiB: used, memoryMostMiB: most, memoryOf } = host;
      if (used === null || most === null || most <= 0) return UNKNOWN;
      const share = (100 * used) / most;
      if (share <= healthyPct) return CLEAR;
      if (share < dangerPct) return BETWEEN;
      const params = { percent: wholePct(share), where: memoryOf, gib: gib(most) };
      return { level: "danger", severity: "critical", params };
    },
  };
}
