import type { GpuTrack, JobAsk, Tenant, Ticket } from "../model.ts";

/** Gives a ticket to its process: from then on its figure is what that tenant is expected to take. */
export function giveTicket(
  gpus: readonly GpuTrack[],
  { gpus: on, jobClass, figureMiB, isSure }: Ticket,
  isIts: (tenant: Tenant) => boolean,
): GpuTrack[] {
  const ticket = { jobClass, figureMiB, isSure };
  return gpus.map((track) =>
    track.kind === "listed" && on.includes(track.evidence.index)
      ? { ...track, tenants: track.tenants.map((one) => (isIts(one) ? { ...one, ticket } : one)) }
      : track,
  );
}

/** The process or backend that asks. */
export function isOf({ pid, backend }: Pick<JobAsk, "pid" | "backend">) {
  return (tenant: Pick<Tenant, "pid" | "backend">) =>
    pid === null ? backend !== null && tenant.backend === backend : tenant.pid === pid;
}

/** Two classes that are open on one GPU: whose process comes first is chance. */
export function areRivals(a: Ticket, b: Ticket): boolean {
  return a.jobClass.key !== b.jobClass.key && a.gpus.some((gpu) => b.gpus.includes(gpu));
}
