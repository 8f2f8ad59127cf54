import { meanRecentMs } from "../learning/durations.ts";
import type { CapacityState, GpuDemand, RunningJob, WaitingJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import { type Placed, place, type Reservation } from "../room/place.ts";
import { ownUnlisted } from "../room/room.ts";
import { reserve } from "./backfill.ts";
import { type JobPlacing, placingOf, runningJob } from "./wish.ts";

/** The queue after one pass: who starts, who waits on, and what room is left for the next who asks. */
export interface QueuePass {
  started: readonly RunningJob[];
  waiting: readonly WaitingJob[];
  demands: readonly GpuDemand[];
  reservations: readonly Reservation[];
}

/** In turn, whoever fits starts; who has waited for too long gets GPUs reserved and is not passed there. */
export function runQueue(
  state: CapacityState,
  demands: readonly GpuDemand[],
  policy: Policy,
  startedMs = state.atMs,
): QueuePass {
  const { atMs } = state;
  const started: RunningJob[] = [];
  const waiting: WaitingJob[] = [];
  const meanMs = meanRecentMs(state);
  let reservations: readonly Reservation[] = [];
  // Jobs of one class ask for the same: a refusal holds until somebody starts or reserves, which only takes room.
  const refused = new Set<string>();
  // Nor will the ends of others make room for a second of them.
  const hopeless = new Set<string>();
  const placings = new Map<string, JobPlacing>();
  for (const job of state.waiting) {
    const key = `${job.jobClass.key}|${job.asker}|${job.pid}|${job.backend}|${job.gpuCount}|${job.on}`;
    const anonymous = job.pid === null && job.backend === null;
    const kind = anonymous ? `${job.jobClass.key}|${job.gpuCount}|${job.on}` : key;
    const placing = placings.get(kind) ?? placingOf(job, state, policy);
    placings.set(kind, placing);
    const placed = refused.has(kind) ? null : place(demands, reservations, placing, policy);
    if (placed !== null) {
      started.push(start(job, placed, placing, demands, startedMs));
      ({ demands, reservations } = placed);
      // A job within a process may need less than was expected of that process, so that others fit now.
      if (!anonymous) refused.clear();
      hopeless.clear();
      continue;
    }
    refused.add(kind);
    waiting.push(job);
    if (!policy.passing) {
      waiting.push(...state.waiting.slice(started.length + waiting.length));
      break;
    }
    const patience = placing.wish.isUnknown ? policy.patienceUnknown : policy.patience;
    const isPatient = atMs - job.askedMs <= patience * meanMs || hopeless.has(kind);
    if (isPatient || reservations.length >= demands.length) continue;
    const running = [...state.running, ...started];
    const kept = reserve(job, placing, demands, running, reservations, atMs);
    if (kept === null) {
      hopeless.add(kind);
      continue;
    }
    reservations = [...reservations, kept];
  }
  return { started, waiting, demands, reservations };
}

function start(
  { turn, ...job }: WaitingJob,
  placed: Placed,
  placing: JobPlacing,
  demands: readonly GpuDemand[],
  startedMs: number,
): RunningJob {
  const here = demands.filter(({ index }) => placed.gpus.includes(index));
  const ownMiB = Math.max(0, ...here.map((one) => ownUnlisted(one, placing.wish)));
  return runningJob(job, placed, placing, ownMiB, startedMs);
}
