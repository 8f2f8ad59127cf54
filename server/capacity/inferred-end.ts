import type { Signature } from "./learn.ts";
import type { Observed, ObservedGpu } from "./observed.ts";
import { newOverruns, type Overrun, overrunOf } from "./overrun.ts";
import { finishCurve, peakOf } from "./signatures.ts";
import { type EndedJob, roleOf, type Tracked } from "./track-processes.ts";
import { isUnnamed } from "./unnamed.ts";

/** A process that is gone from a GPU with no more than this share free has probably run out of memory. */
const CRAMPED_SHARE = 0.03;
/**
 * … and with no more than this, it may have: one allocation can be larger than what is free. It is learned from as one
 * that went well, and yet whoever took more than was told to be free is noted.
 */
const NEARLY_CRAMPED_SHARE = 0.1;

/** What is known of the GPUs when a process is found to be gone. */
export interface AroundEnd {
  /** Before the list in which it is missing. */
  before: Pick<Observed, "tracked" | "freeAtList">;
  /** By that list. */
  tracked: Tracked;
  gpus: readonly ObservedGpu[];
  /** Since the list before, by GPU: what a job that died held is free again when it is found to be gone. */
  leastFree: ReadonlyMap<number, number>;
  claimed: ReadonlyMap<number, number>;
  nowMs: number;
  /** Overruns that are known. */
  known: readonly Overrun[];
}

/**
 * The signature of a job that nobody marked. Where one vanished from a full GPU, whoever took more than there was room
 * for is to blame, itself or another that was not marked. Pure.
 */
export function inferredEnd(job: EndedJob, around: AroundEnd): Signature {
  const { name, peakMiB, startedMs, endedMs, curve, goneFromMiB, gpu, told } = job;
  const total = around.gpus.find(({ index }) => index === gpu)?.memoryTotalMiB ?? null;
  const free = around.leastFree.get(gpu) ?? null;
  const freeShare = free === null || total === null ? 1 : free / total;
  const outOfMemory = goneFromMiB !== null && freeShare <= CRAMPED_SHARE;
  const seconds = (endedMs - startedMs) / 1000;
  const named = { profile: null, name, peakMiB, seconds, curve, outOfMemory, endedAtMs: endedMs };
  const signature: Signature = isUnnamed(job.pid) ? { ...named, unnamed: true } : named;
  if (goneFromMiB === null || freeShare > NEARLY_CRAMPED_SHARE) return signature;
  // Where it may have gone well it is sure to have wanted only what it held.
  const wantedMiB = Math.max(peakMiB, goneFromMiB + (outOfMemory ? couldTake(around, gpu) : 0));
  const overruns = newOverruns(around.known, [...overrunOf(wantedMiB, told), ...overrunsBeside(around, gpu)]);
  return overruns.length === 0 ? signature : { ...signature, overruns };
}

/** What was free at the list before and nobody who lives on has taken since: who is gone may have taken all of it. */
function couldTake({ before, tracked }: AroundEnd, gpu: number): number {
  const held = before.tracked.gpus.get(gpu)?.processes;
  let mib = before.freeAtList.get(gpu) ?? 0;
  for (const { pid, heldMiB } of tracked.gpus.get(gpu)?.processes.values() ?? [])
    mib -= Math.max(0, (heldMiB ?? 0) - (held?.get(pid)?.heldMiB ?? 0));
  return Math.max(0, mib);
}

/** A backend's process is left out: some fill the card on purpose. */
function overrunsBeside({ tracked, claimed, nowMs }: AroundEnd, gpu: number) {
  return [...(tracked.gpus.get(gpu)?.processes.values() ?? [])].flatMap((process) => {
    const { pid, backend, job } = process;
    if (job === null || backend !== null || claimed.has(pid) || roleOf(process, nowMs) !== "job") return [];
    return overrunOf(peakOf(finishCurve(job.curve)), job.told);
  });
}
