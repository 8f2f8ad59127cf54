import { BETWEEN, CLEAR, UNKNOWN } from "../hold.ts";
import { type HostRule, type SettingsOf, timing } from "../rule.ts";

/** More wants to run than there are cores. */
export function cpuLoad({ dangerPerCore, healthyPerCore, seconds }: SettingsOf<"cpu-load">): HostRule {
  return {
    id: "cpu-load",
    timing: timing(seconds, 30),
    judge({ moment: { host } }) {
      if (host.load1 === null || host.coreCount <= 0) return UNKNOWN;
      const perCore = host.load1 / host.coreCount;
      if (perCore <= healthyPerCore) return CLEAR;
      if (perCore < dangerPerCore) return BETWEEN;
      const params = { load: Number(host.load1.toFixed(1)), cores: host.coreCount };
      return { level: "danger", severity: "warning", params };
    },
  };
}
