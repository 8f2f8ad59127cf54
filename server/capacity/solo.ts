import type { Signature } from "./learn.ts";
import type { MarkedJob } from "./marked-job.ts";
import { addPoint, EMPTY_CURVE, finishCurve, type GrowingCurve, peakOf } from "./signatures.ts";
import type { SeenGpu } from "./track-processes.ts";
import { baseOf } from "./unnamed.ts";

/**
 * A marked job that was alone, from beginning to end, on GPUs of which no process is told: what was in use there above the
 * base was its own. Nothing else tells there what a job holds.
 */
interface Solo {
  profile: string;
  gpus: readonly number[];
  startedMs: number;
  /** What was taken for the base of its GPUs when it began, MiB. */
  baseMiB: number;
  curve: GrowingCurve;
  /** When it ended well; `null`: it runs. */
  endedMs: number | null;
  /** Its own word, that counts where it turns out that it was not alone. */
  otherwise: Signature | null;
}

/** By job. `null`: it was not alone. */
export type Solos = ReadonlyMap<string, Solo | null>;

export const NO_SOLOS: Solos = new Map();

/** The base may turn out to be less by so much, and the job to have held as much more. */
const BASE_MOVES_MIB = 256;
/** With no more than this above the base a GPU is empty: a desktop moves by so much, and no job fits into it, MiB. */
const EMPTY_MIB = 512;
/** A process takes seconds to end after its job. What is held for longer is another's, or a model that is kept. */
const GONE_WITHIN_MS = 30_000;

/**
 * Takes one sample in. A job that began on empty GPUs, and left them empty when it was gone, leaves its signature: in
 * between nobody else was there, or it would be learned too high and not too low. Pure.
 */
export function followSolos(
  before: Solos,
  gpus: readonly SeenGpu[],
  marked: readonly MarkedJob[],
  leastUsed: ReadonlyMap<number, number>,
  nowMs: number,
): { solos: Solos; learned: Signature[] } {
  if (before.size === 0 && marked.length === 0) return { solos: before, learned: [] };
  /** The most that is in use above the base on one of them; `null`: that is not known. */
  const heldOn = (on: readonly number[]) => {
    const held = on.map((index) => {
      const used = gpus.find((gpu) => gpu.index === index)?.memoryUsedMiB ?? null;
      return used === null ? null : used - baseOf(leastUsed.get(index) ?? null);
    });
    return held.some((mib) => mib === null) ? null : Math.max(...held.map((mib) => mib ?? 0));
  };
  const baseOn = (on: readonly number[]) =>
    on.reduce((sum, index) => sum + baseOf(leastUsed.get(index) ?? null), 0);
  const isShared = (on: readonly number[], id: string) =>
    marked.some((other) => other.id !== id && other.gpus.some((index) => on.includes(index)));
  const solos = new Map<string, Solo | null>();
  const learned: Signature[] = [];
  for (const job of marked) {
    const { profile, gpus: on } = job;
    const known = before.get(job.id);
    const mib = heldOn(on);
    const isEmpty = mib !== null && mib <= EMPTY_MIB;
    if (known === null || profile === null || isShared(on, job.id) || (known === undefined && !isEmpty)) {
      solos.set(job.id, null);
      continue;
    }
    const solo = known ?? begun(profile, on, baseOn(on), nowMs);
    const curve = mib === null ? solo.curve : addPoint(solo.curve, (nowMs - solo.startedMs) / 1000, mib);
    solos.set(job.id, { ...solo, curve });
  }
  for (const [id, solo] of before) {
    if (solo === null || solo.endedMs === null || solos.has(id)) continue;
    const mib = heldOn(solo.gpus);
    const isGone = mib !== null && mib <= EMPTY_MIB;
    const isSure = isGone && solo.baseMiB - baseOn(solo.gpus) <= BASE_MOVES_MIB;
    const isLate = nowMs - solo.endedMs > GONE_WITHIN_MS || isShared(solo.gpus, id);
    if (isSure) learned.push(signatureOf(solo, solo.endedMs));
    else if (!isGone && !isLate) solos.set(id, solo);
    else if (solo.otherwise !== null) learned.push(solo.otherwise);
  }
  return { solos, learned };
}

const begun = (profile: string, gpus: readonly number[], baseMiB: number, startedMs: number): Solo => ({
  profile,
  gpus,
  startedMs,
  baseMiB,
  curve: EMPTY_CURVE,
  endedMs: null,
  otherwise: null,
});

function signatureOf({ profile, startedMs, curve }: Solo, endedMs: number): Signature {
  const finished = finishCurve(curve);
  return {
    profile,
    name: null,
    peakMiB: peakOf(finished),
    seconds: Math.max(1, (endedMs - startedMs) / 1000),
    curve: finished,
    outOfMemory: false,
    endedAtMs: endedMs,
  };
}

/**
 * A marked job has ended: alone as it was, it is learned from as soon as its GPUs are empty. `null`: it was not alone, or
 * did not end well, and its own word is all there is. Pure.
 */
export function endSolo(
  solos: Solos,
  id: string,
  outcome: "done" | "failed" | "out-of-memory",
  otherwise: Signature | null,
  nowMs: number,
): Solos | null {
  const solo = solos.get(id) ?? null;
  if (solo === null || outcome !== "done" || peakOf(finishCurve(solo.curve)) <= EMPTY_MIB) return null;
  return new Map(solos).set(id, { ...solo, endedMs: nowMs, otherwise });
}
