import type { Usefulness } from "../../../shared/gpu/useful.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import type { GpuFit } from "../concurrency/use-capacity.ts";

interface GpuJobsProps {
  capacity: GpuFit | null;
  useful: Usefulness;
  words: RoomWords;
}

/** What runs on one GPU, what may start and how many at most; and whether another would gain anything. */
export function GpuJobs({ capacity, useful, words }: GpuJobsProps) {
  if (capacity === null || capacity.canStart === null) return null;
  const { canStart: n, running } = capacity;
  return (
    <>
      <h3 className="lb">{words.jobsHere}</h3>
      <p>
        {running === null
          ? fillIn(words.lineUnknown, { n })
          : fillIn(words.line, { running, n, max: n + running })}
      </p>
      {n > 0 && useful.verdict === "not-faster" && (
        <p className="up warm">
          {fillIn(words.notFasterHere, { util: Math.round(useful.utilizationPct ?? 0) })}
        </p>
      )}
    </>
  );
}
