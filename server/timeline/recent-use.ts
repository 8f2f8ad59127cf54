import type { Sample } from "../../shared/gpu/sample.ts";
import { type Usefulness, usefulness } from "../../shared/gpu/useful.ts";

/** How busy each GPU was within the last minute, and whether a second job would gain anything by it. */
export interface RecentUse {
  sample(sample: Sample): void;
  usefulness(uuid: string, running: number | null): Usefulness;
}

/** Long enough for the pause between two clips to count. */
const WINDOW_MS = 60_000;
/** A mean moves a little with every sample: viewers are told when it has moved by this much, percent. */
const STEP_PCT = 5;

export function createRecentUse(): RecentUse {
  const windows = new Map<string, { tMs: number; pct: number | null }[]>();
  const told = new Map<string, number>();

  return {
    sample({ gpus, tMs }) {
      for (const { uuid, utilizationGpuPct } of gpus) {
        const recent = (windows.get(uuid) ?? []).filter((one) => tMs - one.tMs < WINDOW_MS);
        recent.push({ tMs, pct: utilizationGpuPct });
        windows.set(uuid, recent);
      }
      const uuids = gpus.map(({ uuid }) => uuid);
      for (const known of [windows, told])
        for (const uuid of known.keys()) if (!uuids.includes(uuid)) known.delete(uuid);
    },
    usefulness(uuid, running) {
      const answer = usefulness(
        running,
        (windows.get(uuid) ?? []).map(({ pct }) => pct),
      );
      if (answer.utilizationPct === null) return answer;
      const now = Math.round(answer.utilizationPct);
      const before = told.get(uuid) ?? now;
      const isSame = usefulness(running, Array(60).fill(before)).verdict === answer.verdict;
      const utilizationPct = isSame && Math.abs(now - before) < STEP_PCT ? before : now;
      told.set(uuid, utilizationPct);
      return { ...answer, utilizationPct };
    },
  };
}
