import type { JobEnd } from "../../shared/protocol/job-requests.ts";
import { end } from "../capacity/capacity.ts";
import type { CapacityState } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";

/** The state after a job has ended, as it says of itself; one that fell silent says nothing. Pure. */
export function ended(
  state: CapacityState,
  { id, isDone, said }: { id: string; isDone: boolean; said: JobEnd | undefined },
  nowMs: number,
  policy: Policy,
): CapacityState {
  const { peakMiB = null, leastMiB = null, oom = false, gaveWay = false, ranSeconds } = said ?? {};
  const outcome = oom ? "out-of-memory" : isDone ? "done" : "other";
  const how = { outcome, reportedMiB: peakMiB, leastMiB, partial: said?.partial ?? gaveWay } as const;
  return end(ranSeconds === undefined ? state : ranFor(state, id, ranSeconds, nowMs), id, how, nowMs, policy);
}

/** The rest of a job that gave way ran before, too: as long as it says. */
function ranFor(state: CapacityState, id: string, seconds: number, nowMs: number): CapacityState {
  const startedMs = nowMs - seconds * 1000;
  return { ...state, running: state.running.map((job) => (job.id === id ? { ...job, startedMs } : job)) };
}
