import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";

/** The problem for an error where none may be thrown: a fault of ours. */
export function faultOf(error: unknown): Problem {
  return problem("release-fault", { detail: error instanceof Error ? error.message : String(error) });
}
