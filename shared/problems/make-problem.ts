import type { ProblemCode } from "./codes.ts";
import { problemsEn } from "./en.ts";
import { fillIn } from "./fill-in.ts";
import type { Problem, ProblemParams } from "./problem.ts";

/** Makes a problem with its English words. Apart from the rest, so that a panel need not load English to show Chinese. */
export function problem(code: ProblemCode, params: ProblemParams = {}): Problem {
  const { message, advice } = problemsEn[code];
  return { code, params, message: fillIn(message, params), advice: fillIn(advice, params) };
}
