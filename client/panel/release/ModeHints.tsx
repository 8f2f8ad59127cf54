import type { BackendState } from "../../../shared/release/backend.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";

interface ModeHintsProps {
  modes: readonly ReleaseMode[];
  /** The backends with a running job. */
  busy: readonly BackendState[];
  words: ReleaseWords;
}

/** What becomes of the running job by each way that can be chosen. */
export function ModeHints({ modes, busy, words }: ModeHintsProps) {
  return (
    <dl className="mode-hints">
      {modes.map((mode) => (
        <div key={mode}>
          <dt className="strong">{titleOf(mode, words)}</dt>
          <dd className="muted">{hintOf(mode, busy, words)}</dd>
        </div>
      ))}
    </dl>
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
