import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Kind, Knowledge } from "./learn.ts";

/** More than a desktop's ups and downs, less than any video model. */
export const UNEXPLAINED_MIB = 2048;
/** What was never given back, up to this much, is the driver's and the desktop's. */
const MOST_BASE_MIB = 4096;

/**
 * On a machine that names no process (a container of its own, WSL, Windows) whatever holds VRAM on a GPU is followed as
 * one process, by this number, which no process has.
 */
export const unnamedPid = (gpu: number) => -1 - gpu;

/** Name of the unnamed process while it may be no more than what marked jobs hold beyond their peaks. */
export const EXCESS = "(beyond the marked jobs' peaks)";

export const isUnnamed = (pid: number | null) => pid !== null && pid < 0;

/** What is the driver's and the desktop's: the least that ever was in use, but not more than 4 GiB. MiB. */
export const baseOf = (leastUsedMiB: number | null) => Math.min(leastUsedMiB ?? 0, MOST_BASE_MIB);

/**
 * The unnamed process of a GPU as a list of processes would tell it; `null`: there is none. MiB. Pure.
 * @param usedMiB the least in use around the time of the list; `leastUsedMiB`: ever
 */
export function unnamedProcess(
  gpu: number,
  usedMiB: number | null,
  leastUsedMiB: number | null,
): GpuProcess | null {
  if (usedMiB === null) return null;
  const held = usedMiB - baseOf(leastUsedMiB);
  return held > UNEXPLAINED_MIB ? { pid: unnamedPid(gpu), name: null, usedMiB: held } : null;
}

/** A level's share of the duration from which on a job is taken to have loaded, and until which it works. */
const WORKS_FROM = 0.2;
const WORKS_UNTIL = 0.8;
/** Below this share of its peak a job rests; the dip of a two-humped one is at 0.3. */
const RESTS_BELOW = 0.25;
/** What never held more is no video job that could teach something: the smallest profile takes twice as much. */
export const LEAST_UNNAMED_JOB_MIB = 4096;

/**
 * How much what holds VRAM may still grow by where it agrees with no kind, several jobs at once perhaps: as a ratio, the
 * most that any kind seen here grew by from its lowest level at work to its peak. At least `least`. Pure.
 */
export function mostGrowth({ kinds }: Knowledge, least: number): number {
  return kinds.reduce((most, kind) => Math.max(most, growthAtWork(kind)), least);
}

function growthAtWork({ reported, curve, peaks }: Kind): number {
  const peak = Math.max(...peaks);
  const bins = curve.lowMiB.length;
  const atWork = curve.lowMiB
    .slice(Math.floor(bins * WORKS_FROM), Math.ceil(bins * WORKS_UNTIL))
    .filter((mib) => mib >= peak * RESTS_BELOW);
  return reported || atWork.length === 0 ? 1 : peak / Math.min(...atWork);
}
