import { useContext } from "react";
import { useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/handover.css?inline";
import { useNowMs } from "../jobs/use-open-jobs.ts";
import { backendNameOf } from "../release/backend-name.ts";
import { LookContext } from "../settings/look.ts";
import { sayHold, sayNext, type Twice } from "./say-handover.ts";
import { useHandover } from "./use-handover.ts";
import { useHandoverActs } from "./use-handover-acts.ts";

/** In the line at the Release button: who leaves the card and when, with “Not now”; or that it is held, with “End hold”. */
export function HandoverLine({ shows }: { shows: "next" | "hold" }) {
  const words = useReleaseWords()?.handover;
  const wordsOf = useProblemWords();
  const { language } = useContext(LookContext);
  const backends = usePanel(selectBackends);
  const nowMs = useNowMs();
  const seen = useHandover();
  const { refusal, endHold, postpone } = useHandoverActs();
  if (words === undefined || seen === null) return null;
  const { hold } = seen.told;
  const next = shows === "next" ? seen.told.next : null;
  const input = { words, language, nowMs, nameOf: (id: string) => backendNameOf(id, backends) };
  const said = next !== null ? sayNext(next, input) : hold === null ? null : sayHold(hold, input);
  if (said === null) return null;
  const refused = refusal === null ? null : wordsOf(refusal).message;
  const text = refused === null ? said.text : { long: refused, short: refused };
  const can = next !== null ? seen.mayPostpone(next.backend) : seen.mayHold;
  return (
    <span className={next === null ? "hand held" : "hand"} data-testid="handover">
      <Styles css={css} />
      <span className="what" title={[text.long, said.when?.long].join(" ")} aria-live="polite">
        <InBoth {...text} />
      </span>
      {said.when !== null && (
        <span className="when">
          <InBoth {...said.when} />
        </span>
      )}
      {can && (
        <button
          type="button"
          className="go"
          onClick={() => (next === null ? endHold() : postpone(next.backend))}
        >
          {next === null ? words.endHold : words.notNow}
        </button>
      )}
    </span>
  );
}

/** The styles show one of them. */
function InBoth({ long, short }: Twice) {
  return (
    <>
      <span className="long">{long}</span>
      <span className="short">{short}</span>
    </>
  );
}
