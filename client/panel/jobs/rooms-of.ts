import { reserveMiB } from "../../../shared/capacity/concurrency.ts";
import { roomOf } from "../../../shared/capacity/on-gpu.ts";
import type { PanelState } from "../../store/panel-state.ts";
import type { GpuRoomLeft } from "./queue-times.ts";

/** Room on every GPU, as admission reckons it but for a profile's uncertainty. Pure. */
export function roomsOf({ known }: PanelState): GpuRoomLeft[] {
  return (known?.gpus ?? []).map((gpu, i) => {
    const promise = known?.promises[i];
    const { memoryTotalMiB: total, memoryFreeMiB: free } = roomOf(gpu, promise);
    if (total === null || free === null) return { index: gpu.index, availableMiB: null };
    const reserve = promise?.reserveMiB ?? reserveMiB(total);
    return { index: gpu.index, availableMiB: free - (promise?.promisedMiB ?? 0) - reserve };
  });
}
