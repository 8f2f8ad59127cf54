import type { GpuTrack, Ticket } from "../model.ts";
import { closeJob, type Reached } from "./tenant.ts";

/** Gives a matched ticket to its process: from then on its figure is what that tenant is expected to take. */
export function giveTicket(
  gpus: readonly GpuTrack[],
  ticket: Ticket,
  pid: number,
): { gpus: GpuTrack[]; reached: Reached[] } {
  const reached: Reached[] = [];
  const { jobClass, figureMiB, isSure } = ticket;
  const promised = { jobClass, figureMiB, isSure };
  const given = gpus.map((track) => {
    if (track.kind !== "listed" || !ticket.gpus.includes(track.evidence.index)) return track;
    const tenants = track.tenants.map((tenant) => {
      if (tenant.pid !== pid) return tenant;
      const isNewJob = tenant.state === "idle";
      const closed = isNewJob ? closeJob(tenant) : { tenant, reached: null };
      if (closed.reached !== null) reached.push(closed.reached);
      return { ...closed.tenant, ticket: promised };
    });
    return { ...track, tenants };
  });
  return { gpus: given, reached };
}

/** Two classes that are open on one GPU: whose process comes first is chance. */
export function areRivals(a: Ticket, b: Ticket): boolean {
  return a.jobClass.key !== b.jobClass.key && a.gpus.some((gpu) => b.gpus.includes(gpu));
}
