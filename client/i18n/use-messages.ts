import { createContext, useContext } from "react";
import type { CapacityWords } from "../../shared/capacity/explain.ts";
import type { ProblemWords } from "../../shared/problems/codes.ts";
import { type Problem, wordsOf } from "../../shared/problems/problem.ts";
import type { LanguageChoice } from "../../shared/protocol/host-messages.ts";
import type { FitWords } from "./fit/words.ts";
import type { JobsWords } from "./jobs/words.ts";
import type { LaterWords } from "./later-words.ts";
import type { Messages } from "./messages.ts";
import type { ReleaseWords } from "./release/words.ts";

export type Language = Exclude<LanguageChoice, "auto">;

const MessagesContext = createContext<Messages | null>(null);
export const MessagesProvider = MessagesContext.Provider;

/** The words of the panel in its language. */
export function useMessages(): Messages {
  const messages = useContext(MessagesContext);
  if (messages === null) throw new Error("this part of the panel stands outside a panel");
  return messages;
}

const LaterContext = createContext<LaterWords | null>(null);
export const LaterProvider = LaterContext.Provider;

/** All of them; `null` until they have come. */
export const useLaterWords = () => useContext(LaterContext);

/** The words around a release; `null` until they have come. */
export function useReleaseWords(): ReleaseWords | null {
  return useContext(LaterContext)?.release ?? null;
}

/** Words for problems in the panel's language; in the sidecar's English until that catalogue has come. */
export function useProblemWords(): (problem: Problem) => ProblemWords {
  const catalog = useContext(LaterContext)?.problems ?? null;
  return (problem) => (catalog === null ? problem : wordsOf(problem, catalog));
}

/** Loads the later words: after the first figures, and before anything can go wrong with the connection. */
export async function loadLater(language: Language): Promise<LaterWords> {
  return language === "zh-CN"
    ? (await import("./later-zh-cn.ts")).laterZhCn
    : (await import("./later-en.ts")).laterEn;
}

/** Loads the catalogue of a language; only the one that is shown travels. */
export async function loadCatalog(language: Language): Promise<Messages> {
  return language === "zh-CN" ? (await import("./zh-cn.ts")).zhCn : (await import("./en.ts")).en;
}

/** The words of a recommendation's arithmetic; `null` until they have come. */
export function useCapacityWords(): CapacityWords | null {
  return useContext(LaterContext)?.capacity ?? null;
}

/** The words of what would make a job fit; `null` until they have come. */
export function useFitWords(): FitWords | null {
  return useContext(LaterContext)?.fit ?? null;
}

/** The words of jobs; `null` until they have come. */
export function useJobsWords(): JobsWords | null {
  return useContext(LaterContext)?.jobs ?? null;
}

/** All later words; `null` until they have come. */
export function useLater(): LaterWords | null {
  return useContext(LaterContext);
}

/** The language to show: the chosen one, or for `auto` Chinese where the browser prefers it, else English. */
export function resolveLanguage(choice: LanguageChoice, preferred: readonly string[]): Language {
  if (choice !== "auto") return choice;
  const first = preferred.find((tag) => /^(?:zh|en)\b/i.test(tag));
  return first !== undefined && /^zh/i.test(first) ? "zh-CN" : "en";
}
