import type { CapacityState, GpuTrack, RunningJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import { areRivals, asLargest, giveTicket, isOf } from "./give-ticket.ts";
import { matchNew, type NewProcess } from "./match.ts";
import type { Reached } from "./tenant.ts";
import { takeBegun } from "./unlisted-ticket.ts";

/**
 * Gives new processes to the jobs and tickets that were let in without one, and follows what jobs' processes hold.
 * @param before tracks of the step before: who was there then is not new, on whichever sample that was
 */
export function attach(
  state: CapacityState,
  before: readonly GpuTrack[],
  nowMs: number,
  policy: Policy,
): { state: CapacityState; reached: Reached[] } {
  const declaredPids = new Set([...state.running, ...state.waiting].map(({ pid }) => pid));
  const fresh = newProcesses(state.gpus, before, nowMs).filter(({ pid }) => !declaredPids.has(pid));
  // What the very list of a yes names was there before it.
  const jobs = state.running.filter(
    ({ pid, backend, startedMs }) => pid === null && backend === null && startedMs < nowMs,
  );
  const tickets = state.tickets.filter(
    ({ pid, backend, askedMs }) => pid === null && backend === null && askedMs < nowMs,
  );
  const found = matchNew(fresh, jobs, policy.usePids ? tickets : []);
  let { gpus } = state;
  const reached: Reached[] = [];
  const claims = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  for (const [id, pid] of found.tickets) {
    const ticket = claims.get(id);
    if (ticket === undefined) continue;
    const claimants = [ticket, ...[...claims.values()].filter((other) => areRivals(ticket, other))];
    for (const one of claimants) claims.set(one.id, claimants.length > 1 ? asLargest(one, claimants) : one);
    gpus = giveTicket(gpus, claims.get(id) ?? ticket, (one) => one.pid === pid);
  }
  // Who named his process or backend may have asked before it held anything.
  for (const ticket of state.tickets)
    gpus = giveTicket(gpus, ticket, (one) => one.firstSeenMs === nowMs && isOf(ticket)(one));
  const begun = new Set<string>();
  gpus = gpus.map((track) => {
    if (before.some((one) => isOn(track, one) && one.recent.at(-1)?.atMs === nowMs)) return track;
    const taken = takeBegun(track, state.tickets, nowMs);
    if (taken.ticketId !== null) begun.add(taken.ticketId);
    reached.push(...taken.reached);
    return taken.track;
  });
  const running = state.running.map((job) => ({ ...job, pid: found.jobs.get(job.id) ?? pidOf(job, gpus) }));
  return {
    state: {
      ...state,
      gpus,
      running: running.map((job) => seen(job, running, gpus, nowMs)),
      tickets: state.tickets
        .filter(({ id }) => !found.tickets.has(id) && !begun.has(id))
        .map((ticket) => claims.get(ticket.id) ?? ticket),
    },
    reached,
  };
}

const isOn = (a: GpuTrack, b: GpuTrack) => a.evidence.index === b.evidence.index;

function newProcesses(gpus: readonly GpuTrack[], before: readonly GpuTrack[], nowMs: number): NewProcess[] {
  const byPid = new Map<number, number[]>();
  for (const track of gpus) {
    if (track.kind !== "listed") continue;
    const last = before.find((one) => isOn(track, one));
    const known = new Set(last?.kind === "listed" ? last.tenants.map(({ pid }) => pid) : []);
    for (const { pid, firstSeenMs } of track.tenants) {
      if (firstSeenMs !== nowMs || track.firstListMs === nowMs || known.has(pid)) continue;
      byPid.set(pid, [...(byPid.get(pid) ?? []), track.evidence.index]);
    }
  }
  return [...byPid].map(([pid, on]) => ({ pid, gpus: on }));
}

/** A job that named its backend runs in that backend's process. */
function pidOf({ pid, backend, gpus: on }: RunningJob, gpus: readonly GpuTrack[]): number | null {
  if (pid !== null || backend === null) return pid;
  for (const track of gpus) {
    if (track.kind !== "listed" || !on.includes(track.evidence.index)) continue;
    const tenant = track.tenants.find((one) => one.backend === backend);
    if (tenant !== undefined) return tenant.pid;
  }
  return null;
}

function seen(
  job: RunningJob,
  running: readonly RunningJob[],
  gpus: readonly GpuTrack[],
  nowMs: number,
): RunningJob {
  // What its process holds in the second of its start is not the job's doing.
  if (job.pid === null || job.startedMs >= nowMs) return job;
  const held = gpus.flatMap((track) =>
    track.kind === "listed" && job.gpus.includes(track.evidence.index)
      ? track.tenants.filter(({ pid }) => pid === job.pid).map(({ heldMiB }) => heldMiB)
      : [],
  );
  const mates = running.filter(({ pid }) => pid === job.pid);
  const isMixed = job.together === 0 || mates.some(({ jobClass }) => jobClass.key !== job.jobClass.key);
  const together = isMixed ? 0 : Math.max(job.together, mates.length);
  const seenMiB = Math.max(job.seenMiB, ...held);
  return { ...job, together, seenMiB, aloneMiB: together === 1 ? seenMiB : job.aloneMiB };
}
