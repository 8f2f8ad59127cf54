import {
  type GpuDemand,
  type GpuTrack,
  type Holder,
  NOBODY,
  type RunningJob,
  type Share,
  type Ticket,
} from "../model.ts";
import type { Policy } from "../policy.ts";
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
  const freeMiB = Math.max(0, emptyMiB - usedMiB);
  const base = { index, emptyMiB, freeMiB, reserveMiB: policy.reserveMiB };
  const stays = (mib: number) => (mib <= policy.aloneMiB ? mib : 0);
  if (track.kind === "listed") {
    const tenants = heldFor(track, nowMs).map((tenant) => {
      const { pid, backend, heldMiB, restMiB, state } = tenant;
      const figures = { heldMiB, restMiB, expectMiB: expectMiB(tenant, emptyMiB, policy) };
      return { pid, backend, ...figures, jobs: [], isActive: state !== "idle" };
    });
    const holders = holdersOf(tenants, here, live, index);
    // Where the list failed, what came since the last one is nobody's whom we know.
    const cameMiB = track.failedMs === nowMs && here.length === 0 ? usedMiB - track.usedAtListMiB : 0;
    const isUnsettled = cameMiB > policy.grewUnlistedMiB;
    const small = tenants.reduce((sum, { heldMiB, isActive }) => sum + (isActive ? 0 : stays(heldMiB)), 0);
    const listed = tenants.reduce((sum, { heldMiB }) => sum + heldMiB, 0);
    const most = emptyMiB - small - stays(Math.max(0, usedMiB - listed));
    const givesMiB = policy.capMargin ? most : Number.POSITIVE_INFINITY;
    return { ...base, givesMiB, holders, pool: null, isUnsettled, owned: NONE, movedFor: null };
  }
  const { unlisted } = track;
  const { otherMiB, ticket } = unlisted;
  const promised = unlisted.state === "idle" || ticket === null ? 0 : ticket.baseMiB + ticket.figureMiB;
  const others = {
    ...NOBODY,
    heldMiB: otherMiB,
    expectMiB: Math.max(otherMiB, Math.min(emptyMiB, promised)),
    isActive: unlisted.state === "running",
  };
  // The declared jobs hold what nobody else does; which of them how much is not known, nor needed.
  const declared = {
    ...NOBODY,
    heldMiB: Math.max(0, usedMiB - otherMiB),
    jobs: here.map((job) => ({ key: job.jobClass.key, figureMiB: figureOn(job, index), sumsMiB: [] })),
    isActive: here.length > 0,
  };
  return {
    ...base,
    givesMiB: emptyMiB - stays(otherMiB),
    holders: [others, declared, ...live.map((one) => unlistedTicket(one, unlisted.owned, index))],
    pool: 1,
    isUnsettled: !unlisted.isSettled,
    owned: unlisted.owned,
    movedFor: unlisted.movedFor,
  };
}

/** Who holds what by the last list. Where one failed, what has gone since may be anybody's: it is held for sure by nobody. */
function heldFor(track: GpuTrack & { kind: "listed" }, nowMs: number) {
  const fellMiB = track.usedAtListMiB - track.evidence.usedMiB;
  const goneMiB = track.tenants.reduce((sum, one) => sum + one.heldMiB - one.listedMiB, fellMiB);
  if (track.failedMs !== nowMs || goneMiB <= 0) return track.tenants;
  return track.tenants.map((one) => ({ ...one, heldMiB: Math.max(0, one.heldMiB - goneMiB) }));
}

/** What is reserved on one GPU for somebody who was let in. */
export function figureOn({ figures, figureMiB }: RunningJob | Ticket, gpu: number): number {
  return figures.get(gpu) ?? figureMiB;
}

function ticketHolder(ticket: Ticket, gpu: number): Holder {
  return {
    ...NOBODY,
    pid: ticket.pid,
    backend: ticket.backend,
    expectMiB: figureOn(ticket, gpu),
    isActive: true,
  };
}

/** What the asker's own process keeps is held already. */
function unlistedTicket(ticket: Ticket, owned: ReadonlyMap<string, number>, gpu: number): Holder {
  const { asker, pid, backend } = ticket;
  const ownMiB = pid === null && backend === null ? 0 : (owned.get(asker) ?? 0);
  return { ...ticketHolder(ticket, gpu), expectMiB: Math.max(0, figureOn(ticket, gpu) - ownMiB) };
}

const NONE: ReadonlyMap<string, number> = new Map();

function holdersOf(tenants: Holder[], jobs: readonly RunningJob[], tickets: readonly Ticket[], gpu: number) {
  const holders = [...tenants];
  const at = (pid: number | null, backend: string | null) => indexOfHolder(holders, pid, backend);
  for (const job of jobs) {
    const { pid, backend, sumsMiB, jobClass } = job;
    const i = at(pid, backend);
    const holder = holders[i] ?? { ...NOBODY, pid, backend };
    const after = {
      ...holder,
      jobs: [...holder.jobs, { key: jobClass.key, figureMiB: figureOn(job, gpu), sumsMiB }],
      isActive: true,
    };
    if (i < 0) holders.push(after);
    else holders[i] = after;
  }
  for (const ticket of tickets) {
    const i = at(ticket.pid, ticket.backend);
    const holder = holders[i];
    const mib = Math.max(holder?.expectMiB ?? 0, figureOn(ticket, gpu));
    if (holder === undefined) holders.push(ticketHolder(ticket, gpu));
    else holders[i] = { ...holder, expectMiB: mib, isActive: true };
  }
  return holders;
}

/** Where the asker already holds memory; −1: nowhere. */
export function indexOfHolder(
  holders: readonly Holder[],
  pid: number | null,
  backend: string | null,
): number {
  const byPid = pid === null ? -1 : holders.findIndex((holder) => holder.pid === pid);
  if (byPid >= 0 || backend === null) return byPid;
  return holders.findIndex((holder) => holder.backend === backend);
}

/** What is kept for a holder: what it has, or what it was promised, whichever is more. */
export function commitmentMiB({ heldMiB, jobs, expectMiB: expected }: Holder): number {
  // Of a job that ran already when it was declared nothing may be known.
  return Math.max(heldMiB, declaredMiB(jobs) || expected);
}

/** What the declared jobs of one process will hold: the sum of their figures, or what as many of a kind were seen to. */
export function declaredMiB(jobs: readonly Share[]): number {
  const figures = jobs.map(({ figureMiB }) => figureMiB);
  const sum = figures.reduce((a, b) => a + b, 0);
  const [first] = jobs;
  const known = first?.sumsMiB[jobs.length - 2];
  if (known === undefined || jobs.some(({ key }) => key !== first?.key)) return sum;
  return Math.min(sum, Math.max(known, ...figures));
}
