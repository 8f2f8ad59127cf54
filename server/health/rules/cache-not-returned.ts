import { CLEAR } from "../hold.ts";
import { AT_ONCE, EVENT_LASTS_MS, type GpuRule, gib, type SettingsOf } from "../rule.ts";
import { ranOutWhileDecoding } from "./vae-decode-peak.ts";

/** Held before the job that failed, and more than before the good ones. */
const HELD_MIB = 2048;
const MORE_MIB = 1024;
const DIP_SECONDS = 5;

/** Several jobs went well, the next ran out of memory: what they used was kept by the allocator. */
export function cacheNotReturned({ goodJobs }: SettingsOf<"cache-not-returned">): GpuRule {
  return {
    id: "cache-not-returned",
    timing: AT_ONCE,
    judge({ gpu, track, moment }) {
      const failed = track.log.at(-1);
      if (failed === undefined || failed.outcome !== "out-of-memory") return CLEAR;
      if (moment.nowMs - failed.endedMs > EVENT_LASTS_MS || ranOutWhileDecoding(failed, DIP_SECONDS))
        return CLEAR;
      const earlier = track.log.slice(0, -1);
      const good = earlier.slice(earlier.findLastIndex(({ outcome }) => outcome !== "done") + 1);
      const before = good.at(0)?.startMiB ?? null;
      const held = failed.startMiB;
      if (good.length < goodJobs || held === null || before === null) return CLEAR;
      if (held < HELD_MIB || held < before + MORE_MIB) return CLEAR;
      return {
        level: "danger",
        severity: "warning",
        params: { gpu: gpu.index, jobs: good.length, gib: gib(held) },
        news: failed.endedMs,
        sinceMs: failed.endedMs,
      };
    },
  };
}
