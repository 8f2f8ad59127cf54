import type { Gpu, GpuProcess } from "../../../shared/gpu/gpu.ts";
import { vramOf } from "../../../shared/gpu/vram.ts";
import { vramBar } from "../../../shared/gpu/vram-bar.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";

/** The pieces of a GPU's VRAM in the order in which they are drawn: what is in use, what is not, and what the driver keeps. */
export const PIECE_KINDS = [
  "others",
  "untold",
  "backend",
  "tensors",
  "cache",
  "promised",
  "reserve",
  "free",
  "driver",
] as const;
export type PieceKind = (typeof PIECE_KINDS)[number];

/** One piece. `mib` is `null` where it is not known: it is then part of another piece and drawn as nothing. */
export interface VramPiece {
  kind: PieceKind;
  mib: number | null;
}

export interface VramSplit {
  totalMiB: number;
  /** All of {@link PIECE_KINDS}, in their order; those that are known add up to the total. */
  pieces: VramPiece[];
  /** True where tensors and cache are known: `backend` is then the rest of its processes, their contexts above all. */
  allocatorKnown: boolean;
}

interface SplitInput {
  gpu: Pick<Gpu, "memoryTotalMiB" | "memoryUsedMiB" | "memoryFreeMiB" | "processes">;
  known: Pick<GpuPromise, "backendMiB" | "tensorsMiB" | "cacheMiB" | "promisedMiB" | "unified">;
  /** Of the recommendation: with the profile's uncertainty in it. */
  reserveMiB: number | null;
}

/**
 * The pieces of one GPU's VRAM: those of `vramBar`, and of what it calls others what the driver keeps beside what is in
 * use, the listed processes, and what no process explains (`untold`: hidden ones, what came since the list was read). MiB; `null` where total
 * or free VRAM is not known. Pure.
 */
export function splitVram({ gpu, known, reserveMiB }: SplitInput): VramSplit | null {
  const { totalMiB, driverMiB, freeMiB } = vramOf(gpu, known.unified);
  const { backendMiB, tensorsMiB, cacheMiB, promisedMiB } = known;
  const bar = vramBar({ totalMiB, freeMiB, backendMiB, tensorsMiB, cacheMiB, promisedMiB, reserveMiB });
  if (bar === null || totalMiB === null) return null;
  const driver = Math.min(bar.othersMiB, driverMiB ?? 0);
  const others = Math.min(bar.othersMiB - driver, listedMiB(gpu.processes));
  const mib: Record<PieceKind, number | null> = {
    others,
    untold: bar.othersMiB - driver - others,
    backend: bar.backendMiB,
    tensors: bar.tensorsMiB,
    cache: bar.cacheMiB,
    promised: bar.promisedMiB,
    reserve: bar.reserveMiB,
    free: bar.freeMiB,
    driver,
  };
  return {
    totalMiB,
    pieces: PIECE_KINDS.map((kind) => ({ kind, mib: mib[kind] })),
    allocatorKnown: tensorsMiB !== null,
  };
}

/** VRAM of the processes that are no backend's. */
function listedMiB(processes: readonly GpuProcess[] | null): number {
  return (processes ?? []).reduce(
    (sum, { backend, usedMiB }) => sum + (backend === undefined ? Math.max(0, usedMiB ?? 0) : 0),
    0,
  );
}
