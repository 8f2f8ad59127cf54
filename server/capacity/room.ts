import { promisedMiB } from "../../shared/capacity/promised.ts";
import type { GpuProcess } from "../../shared/gpu/gpu.ts";

/**
 * One way to look at a GPU's VRAM (MiB): what is free, and what tells how much of the rest running jobs hold, both
 * of the same time. `nothing` takes nothing off a job's promise and so is right whatever the jobs do.
 */
export type GpuView =
  | { by: "process"; freeMiB: number; processes: readonly GpuProcess[] }
  | { by: "growth"; freeMiB: number; usedMiB: number }
  | { by: "nothing"; freeMiB: number };

/** One GPU as admission sees it. */
export interface GpuNow {
  index: number;
  totalMiB: number | null;
  /** VRAM that is never given to jobs; `null` where the total is not known. */
  reserveMiB: number | null;
  usedMiB: number | null;
  /** VRAM that programs without a marker will still take; nothing where it is not known. */
  unmarkedMiB?: number;
  /** What those may have given back since the processes were listed: free now, and theirs. */
  regainedMiB?: number;
  /** Empty: its VRAM is not known now. Of several the one that finds most room counts: each is safe by itself. */
  views: readonly GpuView[];
}

/** What a running job has reserved on one GPU. */
export interface Lease {
  peakMiB: number;
  pid: number | null;
  backend: string | null;
  /** VRAM in use on this GPU when the job was admitted; `null`: not known. */
  usedBeforeMiB: number | null;
  /** When the job was admitted, and how long its kind takes in the mean, seconds; `null`: not known. */
  startedAtMs: number;
  seconds: number | null;
}

/** Room on one GPU, MiB. */
export interface Room {
  freeMiB: number;
  promisedMiB: number;
  reserveMiB: number;
  /** `free − promised − reserve`: what one more job may take. Negative when a job holds more than predicted. */
  availableMiB: number;
  /** What there would be if every running job ended: the rest is held by other programs. Rather too much than too little. */
  possibleMiB: number;
}

/** The room on a GPU beside the leases there, in the order of their admission; `null`: its VRAM is not known. Pure. */
export function roomOn(gpu: GpuNow, leases: readonly Lease[]): Room | null {
  const { totalMiB, reserveMiB } = gpu;
  if (totalMiB === null || reserveMiB === null) return null;
  const rooms = gpu.views.map((view): Room => {
    const held = heldBy(view, leases);
    const freeMiB = Math.min(view.freeMiB, totalMiB);
    // What is free by a list of processes was free beside all that they held then.
    const regained = view.by === "process" ? 0 : (gpu.regainedMiB ?? 0);
    const unmarked = Math.ceil((gpu.unmarkedMiB ?? 0) + regained);
    const marked = promisedMiB(leases.map(({ peakMiB }, i) => ({ peakMiB, heldMiB: held[i] ?? null })));
    const promised = marked + unmarked;
    const ours = leases.reduce((sum, { peakMiB }, i) => sum + (held[i] ?? peakMiB), 0);
    return {
      freeMiB,
      promisedMiB: promised,
      reserveMiB,
      availableMiB: freeMiB - promised - reserveMiB,
      possibleMiB: Math.min(totalMiB, freeMiB + ours) - unmarked - reserveMiB,
    };
  });
  const [first, ...others] = rooms;
  if (first === undefined) return null;
  const best = others.reduce((a, b) => (b.availableMiB > a.availableMiB ? b : a), first);
  return { ...best, possibleMiB: Math.max(...rooms.map(({ possibleMiB }) => possibleMiB)) };
}

/**
 * What each job holds by this view, MiB; `null`: that cannot be told apart. Jobs of one process, and jobs that nothing
 * but their growth tells from the rest, share what there is: nothing is counted for two of them. Pure.
 */
export function heldBy(view: GpuView, leases: readonly Lease[]): (number | null)[] {
  if (view.by === "nothing") return leases.map(() => null);
  if (view.by === "growth") {
    const before = leases[0]?.usedBeforeMiB ?? null;
    if (before === null) return leases.map(() => null);
    const growth = { restMiB: Math.max(0, view.usedMiB - before) };
    return leases.map(({ peakMiB }) => take(growth, peakMiB));
  }
  const pots = view.processes.flatMap(({ pid, backend, usedMiB }) =>
    usedMiB === null ? [] : [{ pid, backend, restMiB: usedMiB }],
  );
  const potsOf = ({ pid, backend }: Lease) =>
    pots.filter((pot) => (pid === null ? backend !== null && pot.backend === backend : pot.pid === pid));
  const held = leases.map((lease): number | null => {
    const own = potsOf(lease);
    if (own.length === 0) return null;
    return own.reduce((sum, pot) => sum + take(pot, lease.peakMiB - sum), 0);
  });
  // What is left in a job's process beyond all predictions is its own too: it goes when the job goes.
  return held.map((mib, i) => {
    const lease = leases[i];
    if (mib === null || lease === undefined) return null;
    return potsOf(lease).reduce((sum, pot) => sum + take(pot, pot.restMiB), mib);
  });
}

function take(pot: { restMiB: number }, wantedMiB: number): number {
  const taken = Math.min(pot.restMiB, wantedMiB);
  pot.restMiB -= taken;
  return taken;
}
