import { createContext } from "react";
import type { LanguageChoice, ThemeChoice } from "../../../shared/protocol/host-messages.ts";
import type { Language } from "../../i18n/use-messages.ts";

/** How this panel looks, and how to change it. */
export interface Look {
  theme: ThemeChoice;
  language: Language;
  /** What was chosen: `auto` follows the browser. */
  languageChoice: LanguageChoice;
  setTheme(theme: ThemeChoice): void;
  setLanguage(language: LanguageChoice): void;
}
export const LookContext = createContext<Look>({
  theme: "auto",
  language: "en",
  languageChoice: "auto",
  setTheme: () => {},
  setLanguage: () => {},
});
