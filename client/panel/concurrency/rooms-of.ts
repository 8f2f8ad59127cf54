import { vramOf } from "../../../shared/gpu/vram.ts";
import type { Capacity } from "./use-capacity.ts";

/** Free beside what is promised and kept free on each GPU of the recommendation, MiB; `null`: not known. Pure. */
export function roomsOf({ perGpu }: Pick<Capacity, "perGpu">): (number | null)[] {
  return perGpu.map(({ gpu, promise, reserveMiB }) => {
    const { freeMiB } = vramOf(gpu, promise.unified);
    return freeMiB === null ? null : freeMiB - (promise.promisedMiB ?? 0) - (reserveMiB ?? 0);
  });
}
