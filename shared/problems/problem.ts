import * as v from "valibot";
import type { ProblemCatalog, ProblemWords } from "./codes.ts";
import { fillIn } from "./fill-in.ts";

export const problemSchema = v.object({
  /** One of ours, or one that only a newer sidecar knows: then its own words are shown. */
  code: v.string(),
  /** English, parameters filled in: for logs, scripts and panels older than the sidecar. */
  message: v.string(),
  advice: v.string(),
  /** What fills the `{name}` places, so that a panel can say the same in its own language. */
  params: v.record(v.string(), v.union([v.string(), v.number()])),
});
/** Something that is wrong, as a value. */
export type Problem = v.InferOutput<typeof problemSchema>;
export type ProblemParams = Problem["params"];

/** The words for a problem in the language of `catalog`, or its own where the catalogue does not know it. */
export function wordsOf(problem: Problem, catalog: ProblemCatalog): ProblemWords {
  const lookUp: Readonly<Record<string, ProblemWords | undefined>> = catalog;
  const words = lookUp[problem.code];
  if (words === undefined) return problem;
  const { params } = problem;
  return { message: fillIn(words.message, params), advice: fillIn(words.advice, params) };
}
