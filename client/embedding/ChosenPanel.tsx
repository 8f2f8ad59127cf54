import { resolveLanguage } from "../i18n/use-messages.ts";
import { Panel } from "../panel/Panel.tsx";
import type { PanelParts } from "../store/use-panel.ts";
import type { PanelOptions } from "./panel-options.ts";
import type { useChoices } from "./use-choices.ts";

interface ChosenPanelProps {
  parts: PanelParts;
  options: PanelOptions;
  choices: ReturnType<typeof useChoices>;
}

/** The panel as it was asked for and chosen, whichever way it is embedded. */
export function ChosenPanel({ parts, options, choices }: ChosenPanelProps) {
  const { theme, lang, profile, memory, chooseTheme, chooseLang, chooseProfile } = choices;
  const key = `gpus:${parts.address}${options.gpus ?? ""}`;
  return (
    <Panel
      parts={parts}
      view={options.view ?? "full"}
      theme={theme}
      languageChoice={lang}
      language={resolveLanguage(lang, navigator.languages)}
      gpus={options.gpus}
      profile={profile}
      expected={Number(memory.get(key))}
      onCount={(count) => memory.set(key, String(count))}
      onTheme={chooseTheme}
      onLanguage={chooseLang}
      onProfile={chooseProfile}
    />
  );
}
