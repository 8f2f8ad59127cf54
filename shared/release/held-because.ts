import type { GpuProcess } from "../gpu/gpu.ts";
import type { BackendState } from "./backend.ts";
import { CONTEXT_MIB } from "./estimate.ts";
import type { HeldBecause } from "./release.ts";

/** Tensors up to this size are workspaces, not models (cuBLAS and cuDNN keep some 20 MiB). */
const WORKSPACE_MIB = 256;

/**
 * Why a process still holds VRAM after its backend was asked to unload. Pure.
 * @param asked the backends that were asked, with what they say of themselves now
 * @param ownersKnown whether this machine lets processes be matched to backends at all
 */
export function heldBecause(
  process: GpuProcess,
  asked: readonly BackendState[],
  ownersKnown: boolean,
): HeldBecause {
  if (process.backend === undefined) return ownersKnown ? "other-program" : "unknown";
  const backend = asked.find(({ id }) => id === process.backend);
  if (backend === undefined) return "other-program";
  if (process.usedMiB !== null && process.usedMiB <= CONTEXT_MIB) return "context";
  const { allocatedMiB = null, reservedMiB = null } = backend.allocator ?? {};
  if (allocatedMiB === null || reservedMiB === null) return "kept";
  const cacheMiB = reservedMiB - allocatedMiB;
  return allocatedMiB <= WORKSPACE_MIB && cacheMiB > WORKSPACE_MIB ? "allocator-cache" : "kept";
}
