import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";
import { type Actor, heldBy, isMoved, isReal, peakOf } from "./actor.ts";
import { isOf, type RecordedJob } from "./recorded-jobs.ts";

/** Less than that has moved nothing: VRAM of a machine at rest flickers by a MiB or two, and figures are no finer. */
export const CHANGED_MIB = 64;

/** The GPUs as they would look. What is not moved stays as it was. */
export function asIfGpus(gpus: readonly Gpu[], actors: readonly Actor[], atMs: number): Gpu[] {
  return gpus.map((gpu) => {
    const here = actors.filter(({ job }) => job.gpus.includes(gpu.index));
    const changed = here.filter((one) => isMoved(one, atMs) || isLonger(one, atMs));
    if (changed.length === 0 || gpu.memoryUsedMiB === null || gpu.memoryFreeMiB === null) return gpu;
    let processes = [...(gpu.processes ?? [])];
    let moreMiB = 0;
    for (const first of changed) {
      const isFirst = changed.find((one) => isSameProcess(one, first)) === first;
      if (!isFirst) continue;
      const known = processes.find((one) => isOf(first.job, one));
      const realMiB = known?.usedMiB ?? 0;
      const usedMiB = heldInstead(
        here.filter((one) => isSameProcess(one, first)),
        gpu.index,
        realMiB,
        atMs,
      );
      moreMiB += usedMiB - realMiB;
      processes = processes.filter((one) => one !== known);
      if (usedMiB > 0)
        processes.push(known === undefined ? processOf(first.job, usedMiB) : { ...known, usedMiB });
    }
    return {
      ...{ ...gpu, processes },
      memoryUsedMiB: gpu.memoryUsedMiB + moreMiB,
      memoryFreeMiB: gpu.memoryFreeMiB - moreMiB,
    };
  });
}

/** It runs on where it had failed. */
const isLonger = ({ job, phase }: Actor, atMs: number) =>
  phase === "runs" && atMs >= (job.endedMs ?? Number.POSITIVE_INFINITY);
const isSameProcess = (a: Actor, b: Actor) =>
  a.job.pid !== null ? a.job.pid === b.job.pid : a.job.backend === b.job.backend && b.job.pid === null;

/** What one process would hold in place of what it held. */
function heldInstead(actors: readonly Actor[], gpu: number, realMiB: number, atMs: number): number {
  const stays = actors.some((one) => isReal(one, atMs) && !isMoved(one, atMs));
  const away = actors.filter((one) => isMoved(one, atMs) && (isReal(one, atMs) || one.phase !== "over"));
  const restMiB = Math.min(realMiB, ...away.map((one) => one.restMiB.get(gpu) ?? 0));
  const runs = actors.filter(
    (one) => one.phase === "runs" && !one.isRepeat && (one.shiftMs > 0 || isLonger(one, atMs)),
  );
  return Math.max(stays ? realMiB : restMiB, ...runs.map((one) => heldBy(one, gpu, atMs)));
}

const processOf = ({ pid, label, backend }: RecordedJob, usedMiB: number): GpuProcess => ({
  ...{ pid: pid ?? 0, name: label, usedMiB },
  ...(backend === null ? {} : { backend }),
});

/** Has room been made where it had failed? Where nothing has moved, it fails as it did. */
export function hasRoom(actor: Actor, real: readonly Gpu[], active: readonly Actor[], atMs: number): boolean {
  const { job, shiftMs, figureMiB } = actor;
  const others = active.filter((one) => one !== actor);
  const here = asIfGpus(real, others, atMs).flatMap((after, i) => {
    const before = real[i];
    return before !== undefined && job.gpus.includes(after.index) ? [{ before, after }] : [];
  });
  const isChanged = here.some(
    ({ before, after }) => Math.abs((before.memoryUsedMiB ?? 0) - (after.memoryUsedMiB ?? 0)) > CHANGED_MIB,
  );
  if (shiftMs === 0 && !isChanged) return false;
  return here.every(({ after }) => {
    const ownMiB = after.processes?.find((one) => isOf(job, one))?.usedMiB ?? 0;
    const missingMiB = Math.max(figureMiB, peakOf(actor, after.index)) - (after.memoryFreeMiB ?? 0) - ownMiB;
    // A figure may be all that the empty card has: a MiB less in one sample does not make it fail.
    return missingMiB <= CHANGED_MIB;
  });
}

/** Whoever of those that moved came last to this GPU; `null`: nobody did. */
export function lastMoved(gpu: number, active: readonly Actor[]): Actor | null {
  const moved = active.filter(
    ({ phase, job, shiftMs, avoided }) =>
      phase === "runs" && job.gpus.includes(gpu) && (shiftMs > 0 || avoided === true),
  );
  return moved.sort((a, b) => b.beganMs - a.beganMs)[0] ?? null;
}

export function withinTotal(gpu: Gpu): Gpu {
  const { memoryUsedMiB, memoryFreeMiB } = gpu;
  if (memoryUsedMiB === null || memoryFreeMiB === null || memoryFreeMiB >= 0) return gpu;
  return { ...gpu, memoryUsedMiB: memoryUsedMiB + memoryFreeMiB, memoryFreeMiB: 0 };
}
