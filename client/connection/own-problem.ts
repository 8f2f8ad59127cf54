import * as v from "valibot";
import type { ProblemCode } from "../../shared/problems/codes.ts";
import type { Problem, ProblemParams } from "../../shared/problems/problem.ts";
import { refusalSchema } from "../../shared/protocol/reply.ts";

/** A problem found on this side. The panel has the words for its code in its own language. */
export function ownProblem(code: ProblemCode, params: ProblemParams = {}): Problem {
  return { code, params, message: code, advice: "" };
}

export const originRefused = () => ownProblem("origin-refused", { origin: location.origin });

/** Why the sidecar refuses this panel for good; `null` when it just could not be reached. */
export function refusalOf(error: Error): Problem | null {
  if ("data" in error) {
    const parsed = v.safeParse(refusalSchema, error.data);
    if (parsed.success) return parsed.output;
  }
  return "description" in error && error.description === 403 ? originRefused() : null;
}
