import type { ListedProcess, Promised, Tenant } from "../model.ts";
import type { Policy } from "../policy.ts";
import { nextState, type Signs } from "./tenant-state.ts";

/** A job in a tenant is over: what it reached goes to the class it was let in with. */
export interface Reached {
  promised: Promised;
  peakMiB: number;
  /** It gave its memory back when the GPU was all but full: it may have run out of memory. */
  isSuspect: boolean;
}

const KEPT = 3;

/** A tenant that a list names first. Before the very first list nobody knows how long it has been there. */
export function newTenant(process: ListedProcess, isFirstList: boolean, nowMs: number): Tenant {
  const { pid, name, backend } = process;
  return {
    pid,
    name,
    backend,
    heldMiB: 0,
    listedMiB: isFirstList ? (process.usedMiB ?? 0) : 0,
    firstSeenMs: nowMs,
    state: "cannot-tell",
    stateSinceMs: nowMs,
    movedMs: nowMs,
    restMiB: 0,
    jobPeakMiB: 0,
    fellFreeMiB: null,
    peaks: [],
    ticket: null,
    endedMs: Number.NEGATIVE_INFINITY,
  };
}

/** What the samples since the last list tell: when VRAM in use last moved, and the least that was free. */
export interface Since {
  movedMs: number;
  freeMiB: number;
}

/** Takes a list's figure in. */
export function relist(tenant: Tenant, process: ListedProcess, since: Since, policy: Policy): Tenant {
  const listedMiB = process.usedMiB ?? tenant.listedMiB;
  const fell = tenant.listedMiB - listedMiB > policy.grewMiB;
  const moved = Math.abs(listedMiB - tenant.listedMiB) > policy.grewMiB;
  const { name, backend } = process;
  return {
    ...tenant,
    name,
    backend,
    listedMiB,
    heldMiB: listedMiB,
    movedMs: moved ? since.movedMs : tenant.movedMs,
    fellFreeMiB: fell ? since.freeMiB : tenant.fellFreeMiB,
  };
}

/** Decides on the state, and closes a job that has been over for long enough not to be a pause. */
export function stateAfter(
  tenant: Tenant,
  signs: Signs,
  nowMs: number,
  policy: Policy,
): { tenant: Tenant; reached: Reached | null } {
  const state = nextState(tenant, signs, nowMs, policy);
  const changed = state !== tenant.state;
  // Weights that were there before anybody watched are no job's peak.
  const unwatched = tenant.state === "cannot-tell" && tenant.stateSinceMs === tenant.firstSeenMs;
  const peakMiB = unwatched ? 0 : tenant.jobPeakMiB;
  const next: Tenant = {
    ...tenant,
    state,
    stateSinceMs: changed ? nowMs : tenant.stateSinceMs,
    // A process that is about to leave holds on for a few seconds.
    restMiB:
      state === "idle" && nowMs - tenant.stateSinceMs >= policy.flatMs ? tenant.heldMiB : tenant.restMiB,
    jobPeakMiB: state === "idle" ? peakMiB : Math.max(tenant.jobPeakMiB, tenant.heldMiB),
  };
  const isOver = state === "idle" && nowMs - next.stateSinceMs >= policy.flatMs;
  return isOver ? closeJob(next, policy) : { tenant: next, reached: null };
}

export function closeJob(
  tenant: Tenant,
  { suspectShare }: Policy,
): { tenant: Tenant; reached: Reached | null } {
  const { ticket, jobPeakMiB: peakMiB, fellFreeMiB } = tenant;
  if (peakMiB === 0) return { tenant, reached: null };
  const peaks = [...tenant.peaks, peakMiB].slice(-KEPT);
  const isSuspect = fellFreeMiB !== null && fellFreeMiB < peakMiB * suspectShare;
  // What a job had that ran out of memory, and what was free besides, was not enough.
  const hadMiB = isSuspect ? peakMiB + fellFreeMiB : peakMiB;
  return {
    tenant: { ...tenant, ticket: null, jobPeakMiB: 0, fellFreeMiB: null, peaks },
    reached: ticket === null ? null : { promised: ticket, peakMiB: hadMiB, isSuspect },
  };
}

/** The most that its last jobs reached, the present one's included; `null`: none was seen. */
export function ownPeakMiB({ peaks, jobPeakMiB }: Pick<Tenant, "peaks" | "jobPeakMiB">): number | null {
  const most = Math.max(0, jobPeakMiB, ...peaks);
  return most === 0 ? null : most;
}
