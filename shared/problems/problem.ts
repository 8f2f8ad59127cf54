import * as v from "valibot";
import { PROBLEM_CODES, type ProblemCatalog, type ProblemWords } from "./codes.ts";

export const problemSchema = v.object({
  code: v.picklist(PROBLEM_CODES),
  /** English, parameters filled in: for logs, scripts and panels older than the sidecar. */
  message: v.string(),
  advice: v.string(),
  /** What fills the `{name}` places, so that a panel can say the same in its own language. */
  params: v.record(v.string(), v.union([v.string(), v.number()])),
});
/** Something that is wrong, as a value. */
export type Problem = v.InferOutput<typeof problemSchema>;
export type ProblemParams = Problem["params"];

/** Replaces each `{name}` by the parameter of that name; a name without a parameter stays as it is. */
export function fillIn(text: string, params: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** The words for a problem in the language of `catalog`. */
export function wordsOf(
  { code, params }: Pick<Problem, "code" | "params">,
  catalog: ProblemCatalog,
): ProblemWords {
  const words = catalog[code];
  return { message: fillIn(words.message, params), advice: fillIn(words.advice, params) };
}
