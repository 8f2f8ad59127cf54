import { type CapacityWords, explainGpu } from "../../../shared/capacity/explain.ts";
import { vramOf } from "../../../shared/gpu/vram.ts";
import type { Capacity, GpuFit } from "./use-capacity.ts";

/** How the recommendation is worked out, GPU by GPU. */
export function Arithmetic({ capacity: { perGpu }, words }: { capacity: Capacity; words: CapacityWords }) {
  const sentence = ({ gpu, promise, ...fit }: GpuFit) => {
    const { freeMiB } = vramOf(gpu, promise.unified);
    return explainGpu({ ...promise, ...fit, freeMiB, unifiedMemory: promise.unified !== null }, words);
  };
  return (
    <ul className="arithmetic">
      {perGpu.map((fit) => (
        <li key={fit.gpu.uuid}>
          <b>{fit.gpu.index}</b> <span>{sentence(fit)}</span>
        </li>
      ))}
    </ul>
  );
}
