import type { TimelineWords } from "./words.ts";

export const timelineEn: TimelineWords = {
  jobs: "Jobs on this GPU",
  marked: "marked job",
  inferred: "seems to be a job",
  running: "running",
  ended: "ended",
  peak: "peak {gib} GiB",
  expected: "peak expected {gib} GiB",
  more: "and {n} more",
  promised: "promised up to {gib} GiB",
  reserve: "reserve from {gib} GiB",
  phase: "phase {n}",
  phases: {
    "high-noise model": "high-noise model",
    "low-noise model loads": "low-noise model loads",
    "low-noise model": "low-noise model",
    "sampling peak": "peak while sampling",
    after: "unloaded",
  },
};
