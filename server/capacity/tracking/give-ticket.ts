import { figureOn } from "../demand/demand.ts";
import type { CapacityState, GpuTrack, JobAsk, Tenant, Ticket } from "../model.ts";
import type { Policy } from "../policy.ts";
import { closeJob, type Reached } from "./tenant.ts";

/** Gives a ticket to its process: from then on its figure is what that tenant is expected to take. */
export function giveTicket(
  gpus: readonly GpuTrack[],
  given: Ticket,
  isIts: (tenant: Tenant) => boolean,
): GpuTrack[] {
  const { gpus: on, jobClass, isSure } = given;
  return gpus.map((track) => {
    const { index } = track.evidence;
    if (track.kind === "hidden" || !on.includes(index)) return track;
    const ticket = { jobClass, figureMiB: figureOn(given, index), isSure };
    return { ...track, tenants: track.tenants.map((one) => (isIts(one) ? { ...one, ticket } : one)) };
  });
}

/** The process or backend that asks. */
export function isOf({ pid, backend }: Pick<JobAsk, "pid" | "backend">) {
  return (tenant: Pick<Tenant, "pid" | "backend">) =>
    pid === null ? backend !== null && tenant.backend === backend : tenant.pid === pid;
}

/** Ends what is open in the asker's own process. */
export function closeOwnJob(state: CapacityState, ask: Pick<JobAsk, "pid" | "backend">, policy: Policy) {
  const reached: Reached[] = [];
  const isIts = isOf(ask);
  const gpus = state.gpus.map((track) => {
    if (track.kind === "hidden") return track;
    const tenants = track.tenants.map((tenant) => {
      if (tenant.state !== "idle" || !isIts(tenant)) return tenant;
      const closed = closeJob(tenant, policy);
      if (closed.reached !== null) reached.push(closed.reached);
      return closed.tenant;
    });
    return { ...track, tenants };
  });
  return { state: { ...state, gpus }, reached };
}

/** Two classes that are open on one GPU: whose process comes first is chance. */
export function areRivals(a: Ticket, b: Ticket): boolean {
  const differ = a.jobClass.key !== b.jobClass.key || !a.isSure || !b.isSure;
  return a.id !== b.id && differ && a.gpus.some((gpu) => b.gpus.includes(gpu));
}

/** Whosever the process is, the largest of their figures is kept for it, and what goes beyond that is of that class. */
export function asLargest(ticket: Ticket, claimants: readonly Ticket[]): Ticket {
  const { jobClass, figureMiB } = claimants.reduce((a, b) => (b.figureMiB > a.figureMiB ? b : a));
  return { ...ticket, jobClass, figureMiB, figures: new Map(), isSure: false };
}
