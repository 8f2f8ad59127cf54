import { CLEAR } from "../hold.ts";
import { AT_ONCE, EVENT_LASTS_MS, type GpuRule, type SettingsOf } from "../rule.ts";
import type { EndedJob } from "../track/track.ts";

/** No work at all is a program that saves its video, or one that has crashed before it was seen. */
const LEAST_PCT = 1;

/** True for a job that ran out of memory after utilization had dropped in the middle of it. */
export function ranOutWhileDecoding(job: EndedJob, seconds: number): boolean {
  return (
    job.outcome === "out-of-memory" &&
    job.dip !== null &&
    job.dip.meanPct >= LEAST_PCT &&
    job.dip.forMs >= seconds * 1000
  );
}

/** Utilization falls to about 5 % in mid-job and then memory runs out: decoding needs more than sampling. */
export function vaeDecodePeak({ seconds }: SettingsOf<"vae-decode-peak">): GpuRule {
  return {
    id: "vae-decode-peak",
    timing: AT_ONCE,
    judge({ gpu, track, moment }) {
      const last = track.log.at(-1);
      if (last === undefined || moment.nowMs - last.endedMs > EVENT_LASTS_MS) return CLEAR;
      if (!ranOutWhileDecoding(last, seconds)) return CLEAR;
      return {
        level: "danger",
        severity: "warning",
        params: { gpu: gpu.index, percent: Math.round(last.dip?.meanPct ?? 0) },
        news: last.endedMs,
        sinceMs: last.endedMs,
      };
    },
  };
}
