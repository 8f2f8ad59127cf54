import { useContext, useRef, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { sessionsCsv } from "../../../shared/sessions/sessions-csv.ts";
import { clock } from "../../i18n/durations.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import css from "../../styles/sessions.css?inline";
import { LookContext } from "../settings/look.ts";
import { Comparison } from "./Comparison.tsx";
import { chartPng } from "./chart-png.ts";
import { SessionList } from "./SessionList.tsx";
import { saveFile } from "./save-file.ts";
import { useSessions } from "./use-sessions.ts";

/** Marks stretches of time and compares them; loaded when it is opened. */
export default function SessionsPart() {
  const m = useMessages();
  const { language } = useContext(LookContext);
  const words = useLater()?.sessions ?? null;
  const { sessions, live, refusal, act } = useSessions();
  const [label, setLabel] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const part = useRef<HTMLDivElement>(null);
  if (words === null) return null;

  const pair = chosen.flatMap((id) => sessions?.find((session) => session.id === id) ?? []);
  const [first, second] = pair;
  const choose = (id: string) =>
    setChosen((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]));

  async function savePng() {
    const panel = part.current?.closest(".panel");
    const chart = panel?.querySelector<SVGSVGElement>(".hist svg.recharts-surface");
    if (panel == null || chart == null) return;
    const style = getComputedStyle(panel);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const now = Date.now();
    const title = `${m.title} · ${new Date(now).toLocaleDateString(language)} ${clock(now, language)}`;
    saveFile("gpu-timeline.png", await chartPng(chart, title, colour("--surface"), colour("--text")));
  }

  return (
    <div className="sessions" ref={part}>
      <Styles css={css} />
      <p className="muted">{words.about}</p>
      <form
        className="session-start"
        onSubmit={(event) => {
          event.preventDefault();
          void act({ action: "start", label });
          setLabel("");
        }}
      >
        <input
          type="text"
          aria-label={words.label}
          placeholder={words.label}
          maxLength={120}
          value={label}
          onChange={({ target }) => setLabel(target.value)}
        />
        <button type="submit" className="btn" disabled={!live}>
          {words.start}
        </button>
      </form>
      {refusal !== null && <p role="alert">{fillIn(words.failed, { message: refusal })}</p>}
      {sessions?.length === 0 && <p className="muted">{words.none}</p>}
      {sessions !== null && sessions.length > 0 && (
        <>
          <SessionList
            sessions={sessions}
            words={words}
            live={live}
            chosen={pair.map(({ id }) => id)}
            onChoose={choose}
            onStop={(id) => void act({ action: "stop", id })}
            onRemove={(id) => void act({ action: "remove", id })}
          />
          {first !== undefined && second !== undefined ? (
            <Comparison pair={[first, second]} words={words} />
          ) : (
            sessions.length > 1 && <p className="muted">{words.compareHint}</p>
          )}
        </>
      )}
      <div className="session-exports">
        <button
          type="button"
          className="btn"
          disabled={sessions === null || sessions.length === 0}
          onClick={() =>
            // The mark is what tells Excel that names are in UTF-8.
            saveFile(
              "gpu-sessions.csv",
              new Blob(["\uFEFF", sessionsCsv(sessions ?? [])], { type: "text/csv" }),
            )
          }
        >
          {words.csv}
        </button>
        <button type="button" className="btn" onClick={() => void savePng()}>
          {words.png}
        </button>
      </div>
    </div>
  );
}
