import { useId } from "react";
import type { BackendState } from "../../../shared/release/backend.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";

interface ModeChoiceProps {
  modes: readonly ReleaseMode[];
  chosen: ReleaseMode;
  /** The backends with a running job. */
  busy: readonly BackendState[];
  onChoose: (mode: ReleaseMode) => void;
  words: ReleaseWords;
}

/** What is to become of the running job, and what each way means for these backends. */
export function ModeChoice({ modes, chosen, busy, onChoose, words }: ModeChoiceProps) {
  const name = useId();
  return (
    <fieldset className="mode-choice">
      {modes.map((mode) => (
        <label key={mode}>
          <input type="radio" name={name} checked={mode === chosen} onChange={() => onChoose(mode)} />
          <span>
            <b>{titleOf(mode, words)}</b>
            <span className="small muted">{hintOf(mode, busy, words)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function titleOf(mode: ReleaseMode, { modes }: ReleaseWords): string {
  if (mode === "after-current") return modes.afterCurrent;
  return mode === "interrupt" ? modes.interrupt : modes.now;
}

function hintOf(mode: ReleaseMode, busy: readonly BackendState[], words: ReleaseWords): string {
  if (mode === "interrupt") return words.interruptHint;
  const hints = mode === "after-current" ? words.afterCurrentHint : words.nowHint;
  return [...new Set(busy.map(({ duringJob }) => hints[duringJob]))].join(" ");
}
