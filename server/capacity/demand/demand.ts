import {
  type GpuDemand,
  type GpuTrack,
  type Holder,
  NOBODY,
  type RunningJob,
  type Ticket,
} from "../model.ts";
import type { Policy } from "../policy.ts";
import { isUnsettled } from "../tracking/unlisted.ts";
import { expectMiB } from "./expect.ts";

/** Everything that the room of one GPU depends on, from who is there and who was let in. */
export function demandOf(
  track: GpuTrack,
  running: readonly RunningJob[],
  tickets: readonly Ticket[],
  nowMs: number,
  policy: Policy,
): GpuDemand {
  const { index, totalMiB, driverMiB, usedMiB } = track.evidence;
  const emptyMiB = totalMiB - driverMiB;
  const here = running.filter(({ gpus }) => gpus.includes(index));
  const live = tickets.filter(
    ({ gpus, askedMs }) => gpus.includes(index) && nowMs - askedMs < policy.ticketHoldMs,
  );
  const base = {
    index,
    emptyMiB,
    freeMiB: Math.max(0, emptyMiB - usedMiB),
    reserveMiB: policy.reserveMiB,
  };
  if (track.kind === "listed") {
    const tenants = track.tenants.map((tenant) => ({
      pid: tenant.pid,
      backend: tenant.backend,
      heldMiB: tenant.heldMiB,
      declaredMiB: 0,
      expectMiB: expectMiB(tenant, emptyMiB, policy),
      isActive: tenant.state !== "idle",
    }));
    return { ...base, holders: holdersOf(tenants, here, live), pool: null, isUnsettled: false, owner: null };
  }
  const { unlisted, recent, grewMs } = track;
  const { otherMiB } = unlisted;
  const others = {
    ...NOBODY,
    heldMiB: otherMiB,
    expectMiB: otherMiB,
    isActive: unlisted.state === "running",
  };
  // The declared jobs hold what nobody else does; which of them how much is not known, nor needed.
  const declared = {
    ...NOBODY,
    heldMiB: Math.max(0, usedMiB - otherMiB),
    declaredMiB: here.reduce((sum, { figureMiB }) => sum + figureMiB, 0),
    isActive: here.length > 0,
  };
  return {
    ...base,
    holders: [others, declared, ...live.map(ticketHolder)],
    pool: 1,
    isUnsettled: isUnsettled(recent, grewMs, nowMs, policy),
    owner: unlisted.owner,
  };
}

function ticketHolder({ pid, backend, figureMiB }: Ticket): Holder {
  return { ...NOBODY, pid, backend, expectMiB: figureMiB, isActive: true };
}

function holdersOf(tenants: Holder[], jobs: readonly RunningJob[], tickets: readonly Ticket[]): Holder[] {
  const holders = [...tenants];
  const at = (pid: number | null, backend: string | null) => indexOfHolder(holders, pid, backend);
  for (const { pid, backend, figureMiB } of jobs) {
    const i = at(pid, backend);
    const holder = holders[i] ?? { ...NOBODY, pid, backend };
    const after = { ...holder, declaredMiB: holder.declaredMiB + figureMiB, isActive: true };
    if (i < 0) holders.push(after);
    else holders[i] = after;
  }
  for (const ticket of tickets) {
    const i = at(ticket.pid, ticket.backend);
    const holder = holders[i];
    if (holder === undefined) holders.push(ticketHolder(ticket));
    else holders[i] = { ...holder, expectMiB: Math.max(holder.expectMiB, ticket.figureMiB), isActive: true };
  }
  return holders;
}

/** Where the asker already holds memory; −1: nowhere. */
export function indexOfHolder(
  holders: readonly Holder[],
  pid: number | null,
  backend: string | null,
): number {
  if (pid === null && backend === null) return -1;
  return holders.findIndex(
    (holder) => (pid !== null && holder.pid === pid) || (backend !== null && holder.backend === backend),
  );
}

/** What is kept for a holder: what it has, or what it was promised, whichever is more. */
export function commitmentMiB({ heldMiB, declaredMiB, expectMiB: expected }: Holder): number {
  return Math.max(heldMiB, declaredMiB > 0 ? declaredMiB : expected);
}
