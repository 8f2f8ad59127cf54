import type { AllocatorFigures } from "../../../shared/release/backend.ts";

const MIB = 1024 * 1024;

/** PyTorch's own figures, which are in bytes, as the panel has them. `null`: not told. */
export function allocatorOf(bytes: {
  allocated: number | null;
  reserved: number | null;
  maxAllocated: number | null;
}): AllocatorFigures {
  return {
    allocatedMiB: toMiB(bytes.allocated),
    reservedMiB: toMiB(bytes.reserved),
    maxAllocatedMiB: toMiB(bytes.maxAllocated),
  };
}

function toMiB(bytes: number | null): number | null {
  return bytes === null ? null : Math.round(bytes / MIB);
}
