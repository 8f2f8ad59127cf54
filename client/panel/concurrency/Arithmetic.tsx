import { explainGpu } from "../../../shared/capacity/explain.ts";
import { residentNames } from "../../../shared/capacity/resident-names.ts";
import { vramOf } from "../../../shared/capacity/vram-of.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { UNKNOWN_PROMISE } from "../../../shared/protocol/state.ts";
import { useCapacityWords, useMessages } from "../../i18n/use-messages.ts";
import type { Capacity, GpuFit } from "./use-capacity.ts";

const NO_VRAM = { memoryTotalMiB: null, memoryFreeMiB: null };

/** How the recommendation is worked out, GPU by GPU, and what its figure rests on. */
export default function Arithmetic({ capacity, gpus }: { capacity: Capacity; gpus: readonly Gpu[] }) {
  const m = useMessages();
  const words = useCapacityWords();
  const { perGpu, promises, profile, fresh } = capacity;
  if (words === null) return null;
  const sentence = (gpu: GpuFit, i: number) => {
    const promise = promises[i] ?? UNKNOWN_PROMISE;
    const { promisedMiB, reclaimableMiB, useful, unified } = promise;
    const { freeMiB } = vramOf(gpus[i] ?? NO_VRAM, unified);
    const terms = { freeMiB, promisedMiB, reclaimableMiB, useful, unifiedMemory: unified !== null };
    return explainGpu({ ...gpu, ...terms, in: residentNames(promise.residents) }, words);
  };
  return (
    <>
      {fresh && (
        <ul>
          {perGpu.map((gpu, i) => (
            <li key={gpu.index}>
              <span className="badge">{fillIn(m.gpu, { index: gpu.index })}</span> {sentence(gpu, i)}
            </li>
          ))}
        </ul>
      )}
      <p className="muted small">
        {m.concurrency.basis[profile.basis]} · {m.concurrency.source}: {profile.source}
      </p>
    </>
  );
}
