import { createContext, useContext } from "react";
import type { ProblemCatalog, ProblemWords } from "../../shared/problems/codes.ts";
import { type Problem, wordsOf } from "../../shared/problems/problem.ts";
import type { LanguageChoice } from "../../shared/protocol/host-messages.ts";
import type { Messages } from "./messages.ts";

export type Language = Exclude<LanguageChoice, "auto">;

const MessagesContext = createContext<Messages | null>(null);
export const MessagesProvider = MessagesContext.Provider;

/** The words of the panel in its language. */
export function useMessages(): Messages {
  const messages = useContext(MessagesContext);
  if (messages === null) throw new Error("this part of the panel stands outside a panel");
  return messages;
}

const ProblemsContext = createContext<ProblemCatalog | null>(null);
export const ProblemsProvider = ProblemsContext.Provider;

/** Words for problems in the panel's language; in the sidecar's English until that catalogue has come. */
export function useProblemWords(): (problem: Problem) => ProblemWords {
  const catalog = useContext(ProblemsContext);
  return (problem) => (catalog === null ? problem : wordsOf(problem, catalog));
}

/** Loads the words for problems: after the first figures, and before anything can go wrong with the connection. */
export async function loadProblems(language: Language): Promise<ProblemCatalog> {
  return language === "zh-CN"
    ? (await import("../../shared/problems/zh-cn.ts")).problemsZhCn
    : (await import("../../shared/problems/en.ts")).problemsEn;
}

/** Loads the catalogue of a language; only the one that is shown travels. */
export async function loadCatalog(language: Language): Promise<Messages> {
  return language === "zh-CN" ? (await import("./zh-cn.ts")).zhCn : (await import("./en.ts")).en;
}

/** The language to show: the chosen one, or for `auto` Chinese where the browser prefers it, else English. */
export function resolveLanguage(choice: LanguageChoice, preferred: readonly string[]): Language {
  if (choice !== "auto") return choice;
  const first = preferred.find((tag) => /^(?:zh|en)\b/i.test(tag));
  return first !== undefined && /^zh/i.test(first) ? "zh-CN" : "en";
}
