import type { GpuCapacity } from "../../../shared/capacity/concurrency.ts";
import { explainGpu } from "../../../shared/capacity/explained.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { UNKNOWN_PROMISE } from "../../../shared/protocol/state.ts";
import { useCapacityWords, useMessages } from "../../i18n/use-messages.ts";
import type { Capacity } from "./use-capacity.ts";

/** How the recommendation is worked out, GPU by GPU, and what its figure rests on. */
export default function Arithmetic({ capacity }: { capacity: Capacity }) {
  const m = useMessages();
  const words = useCapacityWords();
  const { perGpu, promises, profile, fresh } = capacity;
  if (words === null) return null;
  const sentence = (gpu: GpuCapacity, i: number) => {
    const { useful, unified } = promises[i] ?? UNKNOWN_PROMISE;
    return explainGpu({ ...gpu, useful, unifiedMemory: unified !== null }, words);
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
