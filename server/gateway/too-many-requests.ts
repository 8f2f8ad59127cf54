import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";

/** @param waitMs how long until the next one is taken */
export function tooManyRequests(waitMs: number): Problem {
  return problem("too-many-requests", { seconds: Math.max(1, Math.ceil(waitMs / 1000)) });
}
