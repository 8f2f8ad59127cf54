import { useContext, useEffect, useRef, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import {
  REPLAY_SPEEDS,
  type ReplayDemand,
  type ReplayState,
  replaySchema,
} from "../../../shared/protocol/replay.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import css from "../../styles/replay.css?inline";
import { LookContext } from "../settings/look.ts";
import { PauseIcon, PlayIcon } from "./icons.tsx";
import { showWhole } from "./whole-recording.ts";

const selectAtMs = ({ known }: PanelState) => (known === null ? 0 : known.epochMs + known.tMs);
const selectMayAct = ({ connection }: PanelState) => connection.status === "live";

const REPLY = replySchema(replaySchema);

/** A move of the slider is sent when it has rested for so long: every one makes all panels begin anew. */
const REST_MS = 150;

/** Which recording is shown and of when, with what moves it. It is moved for everybody who watches. */
export default function ReplayBar({ replay }: { replay: ReplayState }) {
  const words = useLater()?.replay ?? null;
  const wordsOf = useProblemWords();
  const { language } = useContext(LookContext);
  const { source } = usePanelParts();
  const shownMs = usePanel(selectAtMs);
  const live = usePanel(selectMayAct);
  const [wantedMs, setWantedMs] = useState<number | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (words === null) return null;

  const { startMs, endMs, paused, speed, file, wrongLines, firstWrong, everyNth } = replay;
  const atMs = Math.min(Math.max(wantedMs ?? shownMs, startMs), endMs);
  const time = momentText(language, startMs, endMs);

  async function ask(demand: ReplayDemand) {
    const reply = await source.ask(REPLY, (sidecar) => sidecar.emitWithAck("replay", demand));
    setRefusal(reply.ok ? null : wordsOf(reply).message);
  }
  function moveTo(ms: number) {
    setWantedMs(ms);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void ask({ atMs: ms }).finally(() => setWantedMs(null)), REST_MS);
  }

  const notes = [
    wrongLines > 0 && fillIn(words.wrong, { count: wrongLines, first: firstWrong.join(", ") }),
    everyNth > 1 && fillIn(words.thinned, { n: everyNth }),
    refusal !== null && fillIn(words.failed, { message: refusal }),
  ].filter((note) => note !== false);
  return (
    <section className="replay" aria-label={words.label}>
      <Styles css={css} />
      <div className="replay-head">
        <strong>{words.label}</strong>
        <span className="replay-file">{file}</span>
        <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time>
      </div>
      <div className="replay-controls">
        <button
          type="button"
          className="btn square"
          disabled={!live}
          aria-label={paused ? words.play : words.pause}
          title={paused ? words.play : words.pause}
          onClick={() => void ask({ paused: !paused })}
        >
          {paused ? <PlayIcon /> : <PauseIcon />}
        </button>
        <select
          className="btn"
          aria-label={words.speed}
          disabled={!live}
          value={speed}
          onChange={({ target }) => void ask({ speed: Number(target.value) })}
        >
          {REPLAY_SPEEDS.map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
        <input
          type="range"
          aria-label={words.position}
          aria-valuetext={time(atMs)}
          disabled={!live}
          min={startMs}
          max={endMs}
          step={1000}
          value={atMs}
          onChange={({ target }) => moveTo(Number(target.value))}
        />
        <button
          type="button"
          disabled={!live}
          onClick={({ currentTarget }) => {
            showWhole(currentTarget, endMs - startMs);
            void ask({ paused: true, atMs: endMs });
          }}
        >
          {words.whole}
        </button>
      </div>
      {notes.length > 0 && <p className="replay-notes">{notes.join(" · ")}</p>}
    </section>
  );
}

/** Date and time to the second; the date only where the recording is longer than a day would leave open. */
function momentText(language: string, startMs: number, endMs: number): (ms: number) => string {
  const sameDay = new Date(startMs).toDateString() === new Date(endMs).toDateString();
  const format = new Intl.DateTimeFormat(language, {
    ...(sameDay ? {} : { month: "short", day: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return (ms) => format.format(ms);
}
