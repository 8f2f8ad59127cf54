import { explainGpu } from "../../../shared/capacity/explain.ts";
import { vramOf } from "../../../shared/capacity/vram-of.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useCapacityWords, useMessages } from "../../i18n/use-messages.ts";
import type { Capacity, GpuFit } from "./use-capacity.ts";

/** How the recommendation is worked out, GPU by GPU, and what its figure rests on. */
export default function Arithmetic({ capacity }: { capacity: Capacity }) {
  const m = useMessages();
  const words = useCapacityWords();
  const { perGpu, profile, fresh } = capacity;
  if (words === null) return null;
  const sentence = ({ gpu, promise, ...fit }: GpuFit) => {
    const { freeMiB } = vramOf(gpu, promise.unified);
    return explainGpu({ ...promise, ...fit, freeMiB, unifiedMemory: promise.unified !== null }, words);
  };
  return (
    <>
      {fresh && (
        <ul>
          {perGpu.map((fit) => (
            <li key={fit.gpu.uuid}>
              <span className="badge">{fillIn(m.gpu, { index: fit.gpu.index })}</span> {sentence(fit)}
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
