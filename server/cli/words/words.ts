import type { ProblemCatalog } from "../../../shared/problems/codes.ts";
import { problemsEn } from "../../../shared/problems/en.ts";
import { type Problem, wordsOf } from "../../../shared/problems/problem.ts";
import { problemsZhCn } from "../../../shared/problems/zh-cn.ts";
import { type CliWords, en } from "./en.ts";
import { zhCn } from "./zh-cn.ts";

export type Language = "en" | "zh-CN";

/** The language that the flag names, else that of the locale. Pure but for what the system says where no variable does. */
export function languageOf(flag: string | boolean | undefined, env: NodeJS.ProcessEnv): Language {
  if (flag === "en" || flag === "zh-CN") return flag;
  const named = env.LC_ALL || env.LC_MESSAGES || env.LANG || Intl.DateTimeFormat().resolvedOptions().locale;
  return /^zh\b|^zh_/i.test(named) ? "zh-CN" : "en";
}

export const wordsIn = (language: Language): CliWords => (language === "zh-CN" ? zhCn : en);

export const problemsIn = (language: Language): ProblemCatalog =>
  language === "zh-CN" ? problemsZhCn : problemsEn;

/** What is wrong and what to do, in one line; of a newer panel in its own words. */
export function problemText(problem: Problem, language: Language): string {
  const { message, advice } = wordsOf(problem, problemsIn(language));
  return `${message} ${advice}`.trim();
}

/** The panel wants another token, or any. */
export const needsToken = ({ code }: Problem): boolean =>
  ["not-allowed", "not-direct", "wrong-token"].includes(code);
