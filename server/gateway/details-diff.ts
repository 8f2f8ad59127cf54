import type { Gpu, GpuDetails } from "../../shared/gpu/gpu.ts";
import type { DetailsMessage } from "../../shared/protocol/messages.ts";

/** Jitter of these is not worth a message (percent). */
const JITTER_PCT = 5;

export function detailsOf(gpu: Gpu): GpuDetails {
  const { memoryReservedMiB, utilizationMemoryPct, powerLimitW, fanPct, pstate, throttle, mig, processes } =
    gpu;
  return { memoryReservedMiB, utilizationMemoryPct, powerLimitW, fanPct, pstate, throttle, mig, processes };
}

/** What changed between two lists of the same GPUs: positions and the changed fields only. Pure. */
export function diffDetails(before: readonly GpuDetails[], after: readonly GpuDetails[]): DetailsMessage {
  return after.flatMap((details, position): DetailsMessage => {
    const old = before[position];
    if (old === undefined) return [];
    const changed = changedFields(old, details);
    return Object.keys(changed).length === 0 ? [] : [[position, changed]];
  });
}

function changedFields(before: GpuDetails, after: GpuDetails): Partial<GpuDetails> {
  const entries = Object.entries(after).filter(([key, value]) => {
    const old = Object.entries(before).find(([name]) => name === key)?.[1];
    const jitters = key === "fanPct" || key === "utilizationMemoryPct";
    if (jitters && typeof value === "number" && typeof old === "number")
      return Math.abs(value - old) >= JITTER_PCT;
    return JSON.stringify(value) !== JSON.stringify(old);
  });
  return Object.fromEntries(entries);
}

/** The details as viewers now know them: `before` with `message` applied. */
export function applyDetails(before: readonly GpuDetails[], message: DetailsMessage): GpuDetails[] {
  const patches = new Map(message);
  return before.map((details, position) => ({ ...details, ...patches.get(position) }));
}
