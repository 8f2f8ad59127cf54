import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";

/** What was thrown where nothing may be: a fault of ours, told as one. */
export function faultOf(error: unknown): Problem {
  return problem("release-fault", { detail: error instanceof Error ? error.message : String(error) });
}
