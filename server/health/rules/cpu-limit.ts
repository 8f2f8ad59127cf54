import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type HostRule, type SettingsOf, timing } from "../rule.ts";

/** The container is held back by its CPU limit; the machine's load says nothing of that. */
export function cpuLimit({ dangerPct, healthyPct, seconds }: SettingsOf<"cpu-limit">): HostRule {
  return {
    id: "cpu-limit",
    timing: timing(seconds, 30),
    judge({ track: { heldBackPct }, moment: { host } }) {
      if (host.cpuLimit === null) return CLEAR;
      if (heldBackPct === null) return UNKNOWN;
      if (heldBackPct <= healthyPct) return CLEAR;
      if (heldBackPct < dangerPct) return BETWEEN;
      const params = { cores: Number(host.cpuLimit.toFixed(1)), percent: Math.round(heldBackPct) };
      return { level: "danger", severity: "warning", params };
    },
  };
}
