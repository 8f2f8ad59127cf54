import type { Usefulness } from "../../../shared/capacity/useful.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useLater } from "../../i18n/use-messages.ts";
import type { GpuFit } from "../concurrency/use-capacity.ts";

interface GpuJobsProps {
  capacity: GpuFit | null;
  useful: Usefulness;
}

/** What runs on one GPU, what may start and how many at most; and whether another would gain anything. */
export function GpuJobs({ capacity, useful }: GpuJobsProps) {
  const words = useLater()?.room;
  if (words === undefined || capacity === null || capacity.canStart === null) return null;
  const { canStart: n, running } = capacity;
  const sum =
    running === null
      ? fillIn(words.lineUnknown, { n })
      : fillIn(words.line, { running, n, max: n + running });
  return (
    <>
      <p className="card-jobs small">
        <span className="muted">{words.jobsHere}</span>
        <span>{sum}</span>
      </p>
      {n > 0 && useful.verdict === "not-faster" && (
        <p className="caution small">
          {fillIn(words.notFasterHere, { util: Math.round(useful.utilizationPct ?? 0) })}
        </p>
      )}
    </>
  );
}
