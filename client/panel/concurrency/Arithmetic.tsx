import { explainCapacity, explainFurther } from "../../../shared/capacity/explain.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useCapacityWords, useMessages } from "../../i18n/use-messages.ts";
import type { Capacity } from "./use-capacity.ts";

/** How the recommendation is worked out, GPU by GPU, and what its figure rests on. */
export default function Arithmetic({ capacity }: { capacity: Capacity }) {
  const m = useMessages();
  const words = useCapacityWords();
  const { perGpu, promises, profile, fresh } = capacity;
  if (words === null) return null;
  return (
    <>
      {fresh && (
        <ul>
          {perGpu.map((gpu, i) => (
            <li key={gpu.index}>
              <span className="badge">{fillIn(m.gpu, { index: gpu.index })}</span>{" "}
              {[explainCapacity(gpu, words), ...explainFurther(gpu, words, promises[i]?.useful)].join("; ")}
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
