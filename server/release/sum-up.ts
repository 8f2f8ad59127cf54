import { problem } from "../../shared/problems/make-problem.ts";
import type { Release, ReleasePart } from "../../shared/release/release.ts";
import type { PartOutcome } from "./outcome.ts";

/** The whole of a release from its parts so far. Pure. */
export function sumUp(
  parts: readonly ReleasePart[],
  outcomes: readonly PartOutcome[],
  cancelledBy: string | null,
): Pick<Release, "state" | "freedMiB" | "gpus" | "meanwhile" | "unsettled" | "claim" | "problem"> {
  const measured = parts.flatMap(({ freedMiB }) => (freedMiB === null ? [] : [freedMiB]));
  const freedMiB = measured.length === 0 ? null : measured.reduce((sum, mib) => sum + mib, 0);
  const anyDone = parts.some(({ state }) => state === "done");
  return {
    state: anyDone ? "done" : "failed",
    freedMiB,
    gpus: sumGpus(outcomes),
    meanwhile: outcomes.flatMap(({ meanwhile }) => meanwhile),
    unsettled: outcomes.some(({ unsettled }) => unsettled),
    claim: parts.length === 1 ? (parts[0]?.claim ?? null) : null,
    problem: problemOf(parts, outcomes, cancelledBy, (freedMiB ?? 0) > 0),
  };
}

function problemOf(
  parts: readonly ReleasePart[],
  outcomes: readonly PartOutcome[],
  cancelledBy: string | null,
  freed: boolean,
) {
  if (cancelledBy !== null && parts.some(({ state }) => state === "cancelled")) {
    if (outcomes.some(({ asked, part }) => asked && part.state === "cancelled")) {
      return problem("left-to-backend", { by: cancelledBy });
    }
    const anyAsked = outcomes.some(({ asked }) => asked);
    return problem(anyAsked ? "cancelled-partly" : "release-cancelled", { by: cancelledBy });
  }
  const failure = parts.find(({ state }) => state === "failed")?.problem;
  if (failure !== undefined) return failure;
  // One backend that held nothing is no news beside one that gave something back.
  return freed ? null : (parts.find(({ problem: found }) => found !== null)?.problem ?? null);
}

/** Each GPU from before the first part to after the last; freed is the sum of what was measured. */
function sumGpus(outcomes: readonly PartOutcome[]): Release["gpus"] {
  const all = new Map<number, Release["gpus"][number]>();
  for (const gpu of outcomes.flatMap(({ gpus }) => gpus)) {
    const before = all.get(gpu.index);
    all.set(
      gpu.index,
      before === undefined
        ? gpu
        : {
            ...before,
            afterMiB: gpu.afterMiB,
            freedMiB:
              before.freedMiB === null || gpu.freedMiB === null ? null : before.freedMiB + gpu.freedMiB,
          },
    );
  }
  return [...all.values()];
}
