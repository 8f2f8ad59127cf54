import type { Gpu } from "../../shared/gpu/gpu.ts";
import { isOf, type RecordedJob } from "./recorded-jobs.ts";

/** A recorded job, and what becomes of it where everybody waits for room. Times are epoch milliseconds. */
export interface Actor {
  job: RecordedJob;
  /** The one before it in the same process, or the one that it repeats. */
  before: Actor | null;
  phase: "later" | "asked" | "runs" | "over";
  askedMs: number;
  beganMs: number;
  /** So much later it began than it did; 0: as it was. */
  shiftMs: number;
  overMs: number;
  /** What is reserved for it, and how long such jobs take. */
  figureMiB: number;
  expectedMs: number;
  /** By GPU, as it was: what its process held when it began, and what it held since, where that changed. */
  restMiB: Map<number, number>;
  curve: Map<number, { atMs: number; mib: number }[]>;
  /** Would its out-of-memory not have happened? `null`: not known yet, or there was none. */
  avoided: boolean | null;
  /** It only repeats what would not have failed. */
  isRepeat: boolean;
}

/** Whoever tries again does so soon. */
const REPEAT_MS = 600_000;
/** Jobs of one process, or of one label, that may run beside each other. */
const MOST_AT_ONCE = 50;

/** The jobs that can be judged, in the order in which they asked. */
export function actorsOf(jobs: readonly RecordedJob[]): Actor[] {
  const actors: Actor[] = [];
  const inProcess = new Map<string, Actor[]>();
  const failed = new Map<string, Actor[]>();
  for (const job of jobs) {
    if (job.startedMs === null || !job.wasSeen) continue;
    const { pid, backend, label, askedMs, startedMs } = job;
    const process = `${pid ?? backend}`;
    const hasEnded = ({ job: { endedMs } }: Actor) => endedMs !== null && endedMs <= startedMs;
    const before = [
      inProcess.get(process)?.findLast(hasEnded),
      failed.get(label)?.findLast((one) => hasEnded(one) && askedMs - (one.job.endedMs ?? 0) < REPEAT_MS),
    ].sort((a, b) => (b?.job.askedMs ?? 0) - (a?.job.askedMs ?? 0))[0];
    const actor: Actor = {
      ...{ job, before: before ?? null, phase: "later", askedMs, beganMs: 0, shiftMs: 0, overMs: 0 },
      ...{ figureMiB: 0, expectedMs: 0, restMiB: new Map(), curve: new Map() },
      ...{ avoided: null, isRepeat: false },
    };
    actors.push(actor);
    inProcess.set(process, [...(inProcess.get(process) ?? []).slice(-MOST_AT_ONCE), actor]);
    if (job.end?.oom === true) failed.set(label, [...(failed.get(label) ?? []).slice(-MOST_AT_ONCE), actor]);
  }
  return actors;
}

/** When it asks: one after the other in one process stays one after the other. */
export function asksAtMs({ job, before }: Actor): number {
  if (before === null) return job.askedMs;
  if (before.phase !== "over") return Number.POSITIVE_INFINITY;
  return Math.max(job.askedMs, before.overMs + Math.max(0, job.askedMs - (before.job.endedMs ?? 0)));
}

/** As it was: it has begun and not ended. */
export const isReal = ({ job }: Actor, atMs: number) =>
  atMs >= (job.startedMs ?? Number.POSITIVE_INFINITY) && atMs < (job.endedMs ?? Number.POSITIVE_INFINITY);

/** Its memory is not where the record has it. */
export const isMoved = (actor: Actor, atMs: number) =>
  actor.isRepeat ||
  actor.shiftMs > 0 ||
  ((actor.phase === "later" || actor.phase === "asked") && atMs >= (actor.job.startedMs ?? 0));

/** Notes what its process holds as it was, for as long as it runs there. */
export function follow(actor: Actor, gpus: readonly Gpu[], atMs: number): void {
  if (!isReal(actor, atMs)) return;
  for (const { index, processes } of gpus) {
    if (!actor.job.gpus.includes(index)) continue;
    const mib = processes?.find((one) => isOf(actor.job, one))?.usedMiB ?? 0;
    if (!actor.restMiB.has(index)) actor.restMiB.set(index, mib);
    const curve = actor.curve.get(index) ?? [];
    actor.curve.set(index, curve);
    if (curve.at(-1)?.mib !== mib) curve.push({ atMs, mib });
  }
}

/** Most that its process held while it ran. */
export function peakOf({ curve }: Actor, gpu: number): number {
  return Math.max(0, ...(curve.get(gpu) ?? []).map(({ mib }) => mib));
}

/** What its process would hold on a GPU, MiB, while it runs. */
export function heldBy(actor: Actor, gpu: number, atMs: number): number {
  const { job, shiftMs, curve, figureMiB } = actor;
  const thenMs = atMs - shiftMs;
  // Of what came after its failure nothing is known: it is reckoned with its figure.
  if (thenMs >= (job.endedMs ?? Number.POSITIVE_INFINITY)) return Math.max(figureMiB, peakOf(actor, gpu));
  return (curve.get(gpu) ?? []).findLast((one) => one.atMs <= thenMs)?.mib ?? 0;
}
