import type { RuleId } from "../../../../../shared/health/alert.ts";
import { during, type Frame, gpu } from "../trace.ts";

/** One case of a rule: what is seen, and whether there must be an alert. */
export interface Case {
  rule: RuleId;
  seen: string;
  fires: boolean;
  frames: Frame[];
  params?: Record<string, unknown>;
}

export const job = (used: number, busy: number, more = {}): Frame => ({
  running: [[0]],
  gpus: [gpu(used, busy, more)],
});

export const idle = (seconds: number, used = 1000) => during(seconds, { gpus: [gpu(used)] });
