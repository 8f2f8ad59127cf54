import { useContext, useState } from "react";
import { LANGUAGES, THEMES } from "../../../shared/protocol/host-messages.ts";
import { duration } from "../../i18n/durations.ts";
import { useLater } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { usePanelParts } from "../../store/use-panel.ts";
import css from "../../styles/settings.css?inline";
import { HandoverSettings } from "../handover/HandoverSettings.tsx";
import { HoldChoice } from "../handover/HoldChoice.tsx";
import { Choice } from "./Choice.tsx";
import { DRAWING_RATES, drawingRate, setDrawingRate } from "./drawing-rate.ts";
import { Embed } from "./Embed.tsx";
import { LookContext } from "./look.ts";

const KEYS = [
  ["R", "release"],
  ["F", "fullscreen"],
  ["T", "theme"],
  ["1…9", "open"],
  ["?", "settings"],
] as const;

/** Theme, language, the lines for another page, and the keys. */
export default function SettingsPart() {
  const words = useLater()?.settings;
  const { store } = usePanelParts();
  const [rate, setRate] = useState(drawingRate);
  const { theme, language, languageChoice, setTheme, setLanguage } = useContext(LookContext);
  if (words === undefined) return null;
  return (
    <div className="set">
      <Styles css={css} />
      <Choice
        name={words.theme}
        chosen={theme}
        options={THEMES.map((one) => ({ value: one, text: words.themes[one] }))}
        onChoose={setTheme}
      />
      <Choice
        name={words.language}
        chosen={languageChoice}
        options={LANGUAGES.map((one) => ({
          value: one,
          text: one === "auto" ? words.auto : one === "en" ? "English" : "中文",
          lang: one === "auto" ? undefined : one,
        }))}
        onChoose={setLanguage}
      />
      <Choice
        name={words.draw}
        chosen={rate}
        options={DRAWING_RATES.map((one) => ({
          value: one,
          text: one === "1" ? words.eachSample : duration(Number(one), language),
        }))}
        onChoose={(next) => {
          setRate(next);
          setDrawingRate(store, next);
        }}
      />
      <HoldChoice />
      <HandoverSettings words={words.handover} />
      <Embed words={words} />
      <ul className="keys">
        {KEYS.map(([key, what]) => (
          <li key={key}>
            <kbd>{key}</kbd> {words.keys[what]}
          </li>
        ))}
      </ul>
    </div>
  );
}
