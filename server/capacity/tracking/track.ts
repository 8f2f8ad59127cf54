import { figureOn } from "../demand/demand.ts";
import { addRecent, hasGrown, isBusy, isLow, lastMovedMs, unexplained } from "../evidence/recent.ts";
import type { BackendWord, GpuEvidence, GpuTrack, ListedProcess, RunningJob, Tenant } from "../model.ts";
import type { Policy } from "../policy.ts";
import { closeJob, newTenant, type Reached, relist, type Since, stateAfter } from "./tenant.ts";
import { followUnlisted } from "./unlisted.ts";

/** Who else is known on the machine. */
export interface Surroundings {
  running: readonly RunningJob[];
  /** Pids and backends in which declared jobs wait. */
  waitingIn: ReadonlySet<number | string>;
  words: readonly BackendWord[];
  /** There is one GPU: a backend that tells of itself is on it. */
  isOnly: boolean;
  /** Backends say other things than at the step before. */
  isNews: boolean;
}

type Listed = Extract<GpuTrack, { kind: "listed" }>;

/**
 * Takes one sample of one GPU in; what ended there is told. A later step on the same sample learns only what a list or
 * a backend has said since.
 * @param nowMs when the sample came
 */
export function trackGpu(
  before: GpuTrack | undefined,
  evidence: GpuEvidence,
  around: Surroundings,
  nowMs: number,
  policy: Policy,
): { track: GpuTrack; reached: readonly Reached[] } {
  const { list, ...figures } = evidence;
  if (before !== undefined && !around.isNews && isTaken(before, list, nowMs))
    return { track: before, reached: [] };
  const recent = addRecent(before?.recent ?? [], evidence, nowMs);
  const grewMs = hasGrown(recent, policy) ? nowMs : (before?.grewMs ?? Number.NEGATIVE_INFINITY);
  const here = around.running.filter(({ gpus }) => gpus.includes(evidence.index));
  const explainedMs = here.length > 0 ? nowMs : (before?.explainedMs ?? Number.NEGATIVE_INFINITY);
  const failedMs = list.kind === "hidden" ? nowMs : list.kind === "fresh" ? null : (before?.failedMs ?? null);
  const base = { evidence: figures, recent, grewMs, explainedMs, failedMs };
  if (list.kind === "fresh") {
    const listed = before?.kind === "listed" ? before : null;
    const movedMs = listed === null ? null : lastMovedMs(recent, listed.listedMs, policy);
    const since = { movedMs: movedMs ?? nowMs, freeMiB: listed === null ? 0 : leastFreeMiB(listed) };
    const { tenants, reached } = takeList(listed, list.processes, since, nowMs, policy);
    const firstListMs = listed?.firstListMs ?? nowMs;
    const next: Listed = {
      ...base,
      kind: "listed",
      firstListMs,
      listedMs: nowMs,
      usedAtListMiB: figures.usedMiB,
      tenants,
    };
    return followTenants(next, listed, here, around, nowMs, policy, reached);
  }
  // A list that failed once says nothing against the last one.
  if (
    before?.kind === "listed" &&
    (list.kind === "not-read" || nowMs - before.listedMs <= policy.listAgeMs)
  ) {
    return followTenants({ ...before, ...base }, before, here, around, nowMs, policy, []);
  }
  const unlisted = before?.kind === "hidden" ? before.unlisted : undefined;
  const { use, reached } = followUnlisted(
    unlisted,
    evidence,
    recent,
    grewMs,
    explainedMs,
    here,
    around.isOnly && around.words.some(({ busy }) => busy),
    nowMs,
    policy,
  );
  return { track: { ...base, kind: "hidden", unlisted: use }, reached };
}

function isTaken(track: GpuTrack, list: GpuEvidence["list"], nowMs: number): boolean {
  return (
    track.recent.at(-1)?.atMs === nowMs &&
    (list.kind === "not-read" || (list.kind === "hidden" && track.failedMs === nowMs))
  );
}

function takeList(
  before: Listed | null,
  processes: readonly ListedProcess[],
  since: Since,
  nowMs: number,
  policy: Policy,
) {
  const known = new Map(before?.tenants.map((tenant) => [tenant.pid, tenant]));
  const tenants = processes.map((process) => {
    const tenant = known.get(process.pid) ?? newTenant(process, before === null, nowMs);
    known.delete(process.pid);
    return relist(tenant, process, since, policy);
  });
  // Who is no longer listed is gone; its job ended with it.
  const reached = [...known.values()].flatMap(
    (tenant) => closeJob({ ...tenant, fellFreeMiB: since.freeMiB }, policy).reached ?? [],
  );
  return { tenants, reached };
}

/** Since the last list: by the next one, what a process held that ran out of memory is free again. */
export function leastFreeMiB({ evidence: { totalMiB, driverMiB }, recent, listedMs }: Listed): number {
  const since = recent.filter(({ atMs }) => atMs >= listedMs);
  return Math.max(0, totalMiB - driverMiB - Math.max(0, ...since.map(({ usedMiB }) => usedMiB)));
}

function followTenants(
  track: Listed,
  before: Listed | null,
  here: readonly RunningJob[],
  { waitingIn, words }: Surroundings,
  nowMs: number,
  policy: Policy,
  gone: readonly Reached[],
): { track: GpuTrack; reached: readonly Reached[] } {
  const { recent, grewMs } = track;
  const isFresh = track.listedMs === nowMs;
  const low = nowMs - grewMs >= policy.idleMs && isLow(recent, policy.idleMs, policy.busyPct);
  const large = track.tenants.filter(({ listedMiB }) => listedMiB > policy.aloneMiB);
  const wordOf = ({ pid, backend }: Tenant) =>
    words.find((one) => one.pid === pid || one.backend === backend);
  const awaitsStart = ({ pid, backend }: Tenant) =>
    waitingIn.has(pid) || (backend !== null && waitingIn.has(backend));
  // Neither jobs that wait for room nor one that has just ended there make a process run: who waits would wait for it in vain.
  const tells = (tenant: Tenant) => {
    const word = wordOf(tenant);
    const isBusy = word?.busy === true && nowMs - tenant.endedMs >= policy.idleMs;
    return word === undefined ? null : isBusy || (word.queued === true && !awaitsStart(tenant));
  };
  // A busy backend explains the utilization as a declared job does.
  const isExplained = here.length > 0 || track.tenants.some((one) => tells(one) === true);
  const explainedMs = isExplained ? nowMs : track.explainedMs;
  const busy = isBusy(unexplained(recent, explainedMs), policy.busyPct);
  const alone = !isExplained && large.length === 1 ? large[0] : undefined;
  const old = new Map(before?.tenants.map((tenant) => [tenant.pid, tenant.listedMiB]));
  const reached = [...gone];
  const jobPids = new Set(here.map(({ pid }) => pid));
  const tenants = withGrowth(track, here).map((known) => {
    const { pid } = known;
    const isAlone = alone?.pid === pid;
    const growsNow = isAlone && !isFresh && grewMs === nowMs;
    const tenant = growsNow ? { ...known, movedMs: nowMs } : known;
    const rose = tenant.listedMiB - (old.get(pid) ?? (before === null ? tenant.listedMiB : 0));
    // A list tells late of what rose before the last samples.
    const roseLately = isFresh && rose > policy.grewMiB && nowMs - tenant.movedMs < policy.idleMs;
    const word = wordOf(tenant);
    const signs = {
      hasJob: jobPids.has(pid),
      awaitsStart: awaitsStart(known),
      told: tells(tenant),
      toldNow: word !== undefined && (word.atMs ?? nowMs) >= nowMs,
      grew: growsNow || roseLately,
      alone: isAlone,
      low,
      busy,
    };
    const settled = stateAfter(tenant, signs, nowMs, policy);
    if (settled.reached !== null) reached.push(settled.reached);
    return settled.tenant;
  });
  return { track: { ...track, explainedMs, tenants }, reached };
}

/** Between lists the change of VRAM in use is that of the only one who is active, if there is only one. */
function withGrowth(track: Listed, here: readonly RunningJob[]): readonly Tenant[] {
  const active = track.tenants.filter(
    ({ pid, state }) => state !== "idle" || here.some((job) => job.pid === pid),
  );
  const [only] = active;
  if (only === undefined || active.length > 1 || here.some(({ pid }) => pid !== only.pid))
    return track.tenants;
  // A process that has just come may be what grows: beyond a declared job's figure only a list is believed.
  const figureMiB = here.reduce((sum, job) => sum + figureOn(job, track.evidence.index), 0);
  const mostMiB = here.length === 0 ? Number.POSITIVE_INFINITY : Math.max(only.listedMiB, figureMiB);
  const grownMiB = only.listedMiB + track.evidence.usedMiB - track.usedAtListMiB;
  const heldMiB = Math.min(mostMiB, Math.max(0, grownMiB));
  return track.tenants.map((tenant) => (tenant === only ? { ...tenant, heldMiB } : tenant));
}
