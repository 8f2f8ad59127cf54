import { useContext } from "react";
import { THEMES } from "../../../shared/protocol/host-messages.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { LookContext } from "./look.ts";
import { AutoIcon, MoonIcon, SunIcon } from "./theme-icons.tsx";

const ICONS = { auto: AutoIcon, light: SunIcon, dark: MoonIcon } as const;

/** Language and theme. */
export function Settings() {
  const m = useMessages();
  const { theme, language, setTheme, setLanguage } = useContext(LookContext);
  const nextTheme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const ThemeIcon = ICONS[theme];
  const themeText = `${m.settings.theme}: ${m.settings[theme]}`;
  const other = language === "en" ? "zh-CN" : "en";
  return (
    <div className="settings">
      <button type="button" className="quiet" lang={other} onClick={() => setLanguage(other)}>
        {other === "en" ? "English" : "中文"}
      </button>
      <button
        type="button"
        className="quiet square"
        aria-label={themeText}
        title={themeText}
        onClick={() => setTheme(nextTheme)}
      >
        <ThemeIcon />
      </button>
    </div>
  );
}
