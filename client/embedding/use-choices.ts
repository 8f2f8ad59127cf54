import { useCallback, useState } from "react";
import {
  LANGUAGES,
  type LanguageChoice,
  THEMES,
  type ThemeChoice,
} from "../../shared/protocol/host-messages.ts";
import type { PanelOptions } from "./panel-options.ts";
import type { Memory } from "./remember.ts";

/** How one panel looks: what was asked for, else what its viewer chose last. A choice holds until something else is asked for. */
export function useChoices({ theme, lang, model }: PanelOptions, memory: Memory) {
  const [chosenTheme, setTheme, chooseTheme] = useChoice<ThemeChoice>(theme, "theme", memory);
  const [chosenLang, setLang, chooseLang] = useChoice<LanguageChoice>(lang, "lang", memory);
  const [profile, , chooseProfile] = useChoice<string>(model, "profile", memory);
  return {
    theme: THEMES.find((known) => known === chosenTheme) ?? "auto",
    lang: LANGUAGES.find((known) => known === chosenLang) ?? "auto",
    profile,
    memory,
    setTheme,
    setLang,
    chooseTheme,
    chooseLang,
    chooseProfile,
  };
}

/** A value, how to set it, and how to set it so that it is remembered. */
function useChoice<T extends string>(asked: T | null, key: string, memory: Memory) {
  const begin = () => ({ asked, value: asked ?? memory.get(key) });
  const [choice, setChoice] = useState(begin);
  if (choice.asked !== asked) setChoice(begin);
  const set = useCallback((value: T) => setChoice({ asked, value }), [asked]);
  const choose = useCallback(
    (value: T) => {
      memory.set(key, value);
      set(value);
    },
    [memory, key, set],
  );
  return [choice.value, set, choose] as const;
}
