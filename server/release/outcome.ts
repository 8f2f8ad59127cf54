import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Release, ReleasePart } from "../../shared/release/release.ts";
import type { Measurement } from "./measure.ts";
import type { Snapshot } from "./samples.ts";

/** How a release came out for one backend. */
export interface PartOutcome {
  part: Pick<ReleasePart, "freedMiB" | "claim" | "problem"> & { state: "done" | "failed" | "cancelled" };
  gpus: Measurement["gpus"];
  meanwhile: Measurement["meanwhile"];
  unsettled: boolean;
  /** The backend was asked to unload. */
  asked: boolean;
  /** How it was before the call, and when that was, by the samples' clock; absent where nothing was measured. */
  since?: { before: Snapshot; calledAtMs: number };
}
export type Outcome = Omit<PartOutcome, "asked">;

const unmeasured = (state: PartOutcome["part"]["state"], found: Problem | null): Outcome => ({
  part: { state, freedMiB: null, claim: null, problem: found },
  gpus: [],
  meanwhile: [],
  unsettled: false,
});

export const failed = (found: Problem) => unmeasured("failed", found);
export const cancelled = () => unmeasured("cancelled", null);
export const nothingLoaded = () => unmeasured("done", problem("nothing-loaded"));

/** What is known beside the measurement. */
interface Told {
  failure: Problem | null;
  claim: Release["claim"];
  patienceMs: number;
  /** A job ran that keeps its models. */
  inUse: boolean;
}

/** Makes an outcome of a measurement; the figure is told whatever the verdict. Pure. */
export function outcomeOf(
  { verdict, gpus, meanwhile }: Measurement,
  { failure, claim, patienceMs, inUse }: Told,
): Outcome {
  const freedMiB = "freedMiB" in verdict ? verdict.freedMiB : null;
  const unsettled = verdict.kind === "freed" && verdict.unsettled;
  if (inUse && failure === null && (verdict.kind === "nothing" || verdict.kind === "grew")) {
    // What its job takes and gives back is not the release's.
    const part = { state: "done" as const, freedMiB: 0, claim, problem: problem("models-in-use") };
    return { part, gpus, meanwhile, unsettled };
  }
  const found = failure ?? problemOf(verdict, patienceMs);
  const good = failure === null && (verdict.kind === "freed" || verdict.kind === "unmeasurable");
  const part = { state: good ? ("done" as const) : ("failed" as const), freedMiB, claim, problem: found };
  return { part, gpus, meanwhile, unsettled };
}

function problemOf(verdict: Measurement["verdict"], patienceMs: number): Problem | null {
  switch (verdict.kind) {
    case "freed":
      return null;
    case "nothing":
      return problem("nothing-freed", { seconds: patienceMs / 1000 });
    case "grew":
      return problem("vram-grew", { mib: -verdict.freedMiB });
    case "unmeasurable":
      return problem("not-measured");
    case "aborted":
      return problem("sidecar-closing");
  }
}
