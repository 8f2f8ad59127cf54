import { useContext } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import { useNowMs } from "../jobs/use-open-jobs.ts";
import { LookContext } from "../settings/look.ts";
import { sayHold } from "./say-handover.ts";
import { useHandover } from "./use-handover.ts";
import { useHandoverActs } from "./use-handover-acts.ts";

/** Among the settings: keeps everybody out of the card for a while, and says what that means. */
export function HoldChoice() {
  const words = useReleaseWords()?.handover;
  const wordsOf = useProblemWords();
  const { language } = useContext(LookContext);
  const nowMs = useNowMs();
  const seen = useHandover();
  const acts = useHandoverActs();
  if (words === undefined || seen === null || !seen.mayHold) return null;
  const { hold } = seen.told;
  const said = hold === null ? null : sayHold(hold, { words, language, nowMs });
  const text =
    said === null
      ? words.holdHint
      : said.when === null
        ? said.text.long
        : fillIn(words.heldUntil, { held: said.text.long, ends: said.when.long });
  return (
    <>
      <span className="muted">{words.card}</span>
      <span className="hold-choice">
        <button type="button" className="btn" onClick={hold === null ? acts.hold : acts.endHold}>
          {hold === null ? words.hold : words.endHold}
        </button>
        <span className="muted" aria-live="polite">
          {acts.refusal !== null ? wordsOf(acts.refusal).message : text}
        </span>
      </span>
    </>
  );
}
