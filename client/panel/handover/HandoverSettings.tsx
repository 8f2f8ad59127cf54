import { type ReactNode, useId } from "react";
import { HANDOVER_RANGES, type SetHandover } from "../../../shared/handover/handover-settings.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { HandoverSetWords } from "../../i18n/settings/words.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { backendName, backendNameOf } from "../release/backend-name.ts";
import { FigureField } from "./FigureField.tsx";
import { useHandover } from "./use-handover.ts";
import { useHandoverSetup } from "./use-handover-setup.ts";

const CELSIUS = "°C";

/** Among the settings: who lives on the card, and who leaves it when. Only where there is somebody who can leave. */
export function HandoverSettings({ words }: { words: HandoverSetWords }) {
  const wordsOf = useProblemWords();
  const seen = useHandover();
  const backends = usePanel(selectBackends);
  const leavers = backends.filter(({ modes, givesNothing }) => modes.length > 0 && !givesNothing);
  const isShown = seen?.mayHold === true && leavers.length > 0;
  const { setup, refusal, set } = useHandoverSetup(isShown && `home: ${seen.told.home}`);
  const homeId = useId();
  if (!isShown || setup === null) return null;
  const { now, file } = setup;
  const { units, never } = words;
  const nameOf = (id: string | null) => (id === null ? words.nobody : backendNameOf(id, backends));
  const homes = [...new Set([...setup.homes, ...[now.home, file.home].flatMap((id) => id ?? [])])];
  const said = (value: number | null, unit: string) => (value === null ? never : `${value} ${unit}`);
  const insteadOf = (isOwn: boolean, otherwise: string, back: SetHandover) =>
    isOwn && (
      <Instead
        text={fillIn(words.instead, { value: otherwise })}
        reset={words.asBefore}
        onReset={() => set(back)}
      />
    );
  const seconds = (key: "homeAfterSeconds" | "minTurnSeconds", name: string) => (
    <FigureField
      {...{ name, unit: units.s, range: HANDOVER_RANGES[key], value: now[key] }}
      onSet={(value) => value !== null && set({ [key]: value })}
    >
      {insteadOf(now[key] !== file[key], said(file[key], units.s), { [key]: file[key] })}
    </FigureField>
  );
  return (
    <>
      <span className="muted hand-title">{words.title}</span>
      <div className="hand-set">
        <label htmlFor={homeId}>{words.home}</label>
        <select
          id={homeId}
          value={now.home ?? ""}
          onChange={({ target }) => set({ home: target.value === "" ? null : target.value })}
        >
          <option value="">{words.nobody}</option>
          {homes.map((id) => (
            <option key={id} value={id}>
              {nameOf(id)}
            </option>
          ))}
        </select>
        {insteadOf(now.home !== file.home, nameOf(file.home), { home: file.home })}
        {now.home !== null && seconds("homeAfterSeconds", words.homeAfter)}
        {now.home !== null && seconds("minTurnSeconds", words.minTurn)}
        {leavers
          .filter(({ id }) => id !== now.home)
          .map((backend) => {
            const { id } = backend;
            const { [id]: minutes = null } = now.idleReleaseMinutes;
            const { [id]: before = null } = file.idleReleaseMinutes;
            const change = (n: number | null) => ({ idleReleaseMinutes: { [id]: n } });
            return (
              <FigureField
                key={id}
                {...{ name: fillIn(words.idle, { backend: backendName(backend) }), unit: units.min, never }}
                {...{ range: HANDOVER_RANGES.idleReleaseMinutes, value: minutes }}
                onSet={(value) => set(change(value))}
              >
                {insteadOf(minutes !== before, said(before, units.min), change(before))}
              </FigureField>
            );
          })}
        <FigureField
          {...{ name: words.hot, unit: CELSIUS, range: HANDOVER_RANGES.holdAboveC, never }}
          value={now.holdAboveC}
          onSet={(value) => set({ holdAboveC: value })}
        >
          {insteadOf(now.holdAboveC !== file.holdAboveC, said(file.holdAboveC, CELSIUS), {
            holdAboveC: file.holdAboveC,
          })}
        </FigureField>
        <p className="muted" aria-live="polite">
          {refusal === null ? words.hint : wordsOf(refusal).message}
        </p>
      </div>
    </>
  );
}

/** Under a value that is set here: what would hold otherwise, and the way back to it. */
function Instead({ text, reset, onReset }: { text: ReactNode; reset: string; onReset(): void }) {
  return (
    <span className="instead muted">
      {text}{" "}
      <button type="button" className="go" onClick={onReset}>
        {reset}
      </button>
    </span>
  );
}
