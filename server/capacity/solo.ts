import type { MarkedJob } from "./job-mark.ts";
import type { Signature } from "./learn.ts";
import { addPoint, EMPTY_CURVE, finishCurve, type GrowingCurve, peakOf } from "./signatures.ts";
import type { SeenGpu } from "./track-processes.ts";

/**
 * A marked job that was alone, from beginning to end, on GPUs of which no process is told: what was in use there was its
 * own. Nothing else tells there what a job holds.
 */
interface Solo {
  profile: string;
  gpus: readonly number[];
  startedMs: number;
  curve: GrowingCurve;
  /** When the figures of all its GPUs were last known. */
  seenMs: number;
  /** When it was first seen to hold something; `null`: not yet. */
  heldSinceMs: number | null;
  /** When it ended well; `null`: it runs. */
  endedMs: number | null;
  /** Its own word, that counts where it turns out that it was not alone. */
  otherwise: Signature | null;
}

/** By job. `null`: it was not alone. */
export type Solos = ReadonlyMap<string, Solo | null>;

export const NO_SOLOS: Solos = new Map();

/** What the driver and the contexts of idle processes hold is no job's; all beyond it is counted, MiB. */
const MOST_BASE_MIB = 512;
/** With no more than this in use a GPU is empty: no model is kept there, and no job fits into it, MiB. */
const EMPTY_MIB = 1024;
/** A process takes seconds to end after its job. What is held for longer is another's, or a model that is kept. */
const GONE_WITHIN_MS = 30_000;
/** Unseen for longer, a job may have held anything. While one is marked there is a sample a second. */
const LONGEST_GAP_MS = 10_000;

/** What a sample tells, and what was known before it. */
export interface SoloMoment {
  gpus: readonly SeenGpu[];
  marked: readonly MarkedJob[];
  /** Least VRAM in use in any sample, by GPU. */
  leastUsed: ReadonlyMap<number, number>;
  nowMs: number;
  /** Time of the sample before; `null`: there was none. */
  beforeMs: number | null;
}

/**
 * Takes one sample in. A job that began on empty GPUs, and left them empty when it was gone, leaves its signature: in
 * between nobody else was there, or it would be learned too high and not too low. Pure.
 */
export function followSolos(before: Solos, moment: SoloMoment): { solos: Solos; learned: Signature[] } {
  const { marked, nowMs } = moment;
  if (before.size === 0 && marked.length === 0) return { solos: before, learned: [] };
  const solos = new Map<string, Solo | null>();
  for (const job of marked) solos.set(job.id, followOne(before.get(job.id), job, moment));
  const learned: Signature[] = [];
  for (const [id, solo] of before) {
    if (solo === null || solo.endedMs === null || solos.has(id)) continue;
    const isLate = nowMs - solo.endedMs > GONE_WITHIN_MS || isShared(solo.gpus, id, marked);
    if (areEmpty(solo.gpus, moment)) learned.push(signatureOf(solo, solo.endedMs));
    else if (!isLate) solos.set(id, solo);
    else if (solo.otherwise !== null) learned.push(solo.otherwise);
  }
  return { solos, learned };
}

/** The machine tells of processes after all: of those that have ended their own word counts. Pure. */
export function ownWords(solos: Solos): Signature[] {
  return [...solos.values()].flatMap((solo) => solo?.otherwise ?? []);
}

function followOne(known: Solo | null | undefined, job: MarkedJob, moment: SoloMoment): Solo | null {
  const { nowMs, marked } = moment;
  const { profile, gpus } = job;
  if (known === null || profile === null || isShared(gpus, job.id, marked)) return null;
  const solo = known ?? begun(profile, job, moment);
  if (solo === null || nowMs - solo.seenMs > LONGEST_GAP_MS) return null;
  const held = gpus.map((index) => heldOn(index, moment));
  const told = held.filter((mib) => mib !== null);
  const seenMs = told.length === held.length ? nowMs : solo.seenMs;
  if (told.length === 0) return { ...solo, seenMs };
  const mostMiB = Math.max(...told);
  const curve = addPoint(solo.curve, (nowMs - solo.startedMs) / 1000, mostMiB);
  const heldSinceMs = solo.heldSinceMs ?? (mostMiB > EMPTY_MIB ? nowMs : null);
  return { ...solo, curve, seenMs, heldSinceMs };
}

/** Only of a job that was admitted between two samples, the first of which found its GPUs empty, all is seen. */
function begun(profile: string, job: MarkedJob, moment: SoloMoment): Solo | null {
  const { nowMs, beforeMs } = moment;
  const { gpus, startedMs } = job;
  const isNew = startedMs !== undefined && beforeMs !== null && beforeMs <= startedMs;
  if (!isNew || nowMs - startedMs > LONGEST_GAP_MS || !areEmpty(gpus, moment)) return null;
  return {
    profile,
    gpus,
    startedMs: nowMs,
    curve: EMPTY_CURVE,
    seenMs: nowMs,
    heldSinceMs: null,
    endedMs: null,
    otherwise: null,
  };
}

function isShared(on: readonly number[], id: string, marked: readonly MarkedJob[]): boolean {
  return marked.some((other) => other.id !== id && other.gpus.some((index) => on.includes(index)));
}

type Readings = Pick<SoloMoment, "gpus" | "leastUsed">;

const usedOn = (index: number, { gpus }: Readings) =>
  gpus.find((gpu) => gpu.index === index)?.memoryUsedMiB ?? null;

const areEmpty = (on: readonly number[], moment: Readings) =>
  on.every((index) => (usedOn(index, moment) ?? Number.POSITIVE_INFINITY) <= EMPTY_MIB);

/** A list that comes so long after what it should tell of was read after it. */
const LIST_LATE_MS = 2_000;

/**
 * What a job that is alone holds on one of its GPUs now, MiB; `null`: nothing yet, it is not alone, or it is not known: a
 * list of processes may still name it. Pure.
 * @param listedAtMs when the last list of processes came
 */
export function soloHeld(
  solos: Solos,
  id: string,
  gpu: number,
  { listedAtMs, ...moment }: Readings & { listedAtMs: number | null },
): number | null {
  const solo = solos.get(id) ?? null;
  if (solo === null || solo.endedMs !== null || solo.heldSinceMs === null) return null;
  if (listedAtMs === null || listedAtMs - solo.heldSinceMs < LIST_LATE_MS) return null;
  const mib = heldOn(gpu, moment);
  return mib !== null && mib > EMPTY_MIB ? mib : null;
}

function heldOn(index: number, moment: Readings): number | null {
  const used = usedOn(index, moment);
  return used === null ? null : used - Math.min(moment.leastUsed.get(index) ?? 0, MOST_BASE_MIB);
}

/** Where its own word is higher that counts: a short peak may lie between two samples. */
function signatureOf({ profile, startedMs, curve, otherwise }: Solo, endedMs: number): Signature {
  const finished = finishCurve(curve);
  return {
    profile,
    name: null,
    peakMiB: Math.max(peakOf(finished), otherwise?.peakMiB ?? 0),
    seconds: Math.max(1, (endedMs - startedMs) / 1000),
    curve: finished,
    outOfMemory: false,
    endedAtMs: endedMs,
  };
}

/** How a job ended. */
export interface SoloEnd {
  outcome: "done" | "failed" | "out-of-memory";
  /** By the samples' clock. */
  endedMs: number;
  /** Its own word, where it turns out that it was not alone. */
  otherwise: Signature | null;
}

/**
 * A marked job has ended: alone as it was, it is learned from as soon as its GPUs are empty. `null`: it was not alone, not
 * all of it was seen, or it did not end well, and its own word is all there is. Pure.
 */
export function endSolo(solos: Solos, id: string, { outcome, endedMs, otherwise }: SoloEnd): Solos | null {
  const solo = solos.get(id) ?? null;
  if (solo === null || outcome !== "done" || endedMs - solo.seenMs > LONGEST_GAP_MS) return null;
  if (peakOf(finishCurve(solo.curve)) <= EMPTY_MIB) return null;
  return new Map(solos).set(id, { ...solo, endedMs, otherwise });
}
