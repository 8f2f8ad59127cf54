import { CLEAR } from "../hold.ts";
import { AT_ONCE, EVENT_LASTS_MS, type HostRule, type SettingsOf } from "../rule.ts";

/** The kernel has killed a process for want of memory: a job that says "killed" at 100 %. */
export function processKilled(_settings: SettingsOf<"process-killed">): HostRule {
  return {
    id: "process-killed",
    timing: AT_ONCE,
    judge({ track: { killedAtMs }, moment: { nowMs, host } }) {
      if (killedAtMs === null || nowMs - killedAtMs > EVENT_LASTS_MS) return CLEAR;
      return {
        level: "danger",
        severity: "critical",
        params: { where: host.memoryOf },
        news: killedAtMs,
        sinceMs: killedAtMs,
      };
    },
  };
}
