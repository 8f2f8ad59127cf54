import type { ProblemCode } from "./codes.ts";
import { problemsEn } from "./en.ts";
import { type Problem, type ProblemParams, wordsOf } from "./problem.ts";

/** Makes a problem with its English words. Apart from the rest, so that a panel need not load English to show Chinese. */
export function problem(code: ProblemCode, params: ProblemParams = {}): Problem {
  return { code, params, ...wordsOf({ code, params }, problemsEn) };
}
