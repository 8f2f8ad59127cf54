import type { GpuDetails, GpuReading } from "../../shared/gpu/gpu.ts";

/** One GPU in one tick, as a source reports it. Processes come by a way of their own. */
export interface GpuRow {
  index: number;
  /** The GPU's UUID, or `index-N` on machines that have none (Jetson). */
  uuid: string;
  name: string;
  driverVersion: string | null;
  memoryTotalMiB: number | null;
  /** A desktop draws on it, or Windows (WDDM) manages its memory; `null`: the driver does not tell. */
  display: boolean | null;
  /** What the driver says in the place of figures. */
  trouble?: "gpu-lost" | "gpu-needs-reset";
  /** Cells that no GPU can have, taken for unknown. */
  implausible?: number;
  /** When it was measured, by the steady clock; missing where the source gives it at once. */
  measuredMs?: number;
  reading: GpuReading;
  details: Omit<GpuDetails, "processes">;
}

/** Does it tell anything that changes? */
export function tellsFigures({ reading }: Pick<GpuRow, "reading">): boolean {
  return Object.values(reading).some((value) => value !== null);
}

/** Stands for the UUID of a GPU that tells none. */
export const namelessUuid = (index: number) => `index-${index}`;
