import { useState } from "react";
import * as v from "valibot";
import { replySchema } from "../../../shared/protocol/reply.ts";
import type { TroubleWords } from "../../i18n/trouble/words.ts";
import { useLaterWords, useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import css from "../../styles/none.css?inline";
import { CopyLine } from "./CopyLine.tsx";
import { commandsFor } from "./commands.ts";

const nothing = replySchema(v.null());

/** Has the sidecar try now; a connection that was refused begins anew with the page. */
function Again({ words, refused }: { words: TroubleWords; refused: boolean }) {
  const { source } = usePanelParts();
  const [trying, setTrying] = useState(false);
  async function again() {
    if (refused) return location.reload();
    setTrying(true);
    await source.ask(nothing, (sidecar) => sidecar.emitWithAck("retry-source"));
    setTrying(false);
  }
  return (
    <button type="button" className="btn" disabled={trying} onClick={() => void again()}>
      {trying ? words.trying : words.again}
    </button>
  );
}

/** In place of the GPUs where there is none to show: what is wrong, and what to do about it. */
export default function NoGpus() {
  const m = useMessages();
  const wordsOf = useProblemWords();
  const connection = usePanel(selectConnection);
  const source = usePanel(selectSource);
  const words = useLaterWords()?.trouble;
  const refused = connection.status === "refused";
  const problem = refused ? connection.problem : (source?.problem ?? null);
  if (problem === null) {
    return (
      <section className="none">
        <Styles css={css} />
        <h2>{m.noGpus}</h2>
      </section>
    );
  }
  const { message, advice } = wordsOf(problem);
  return (
    <section className="none">
      <Styles css={css} />
      <h2>{message}</h2>
      <p className="muted">{advice}</p>
      {words !== undefined && (
        <>
          {commandsFor(problem.code).map(({ where, text }) => (
            <CopyLine key={text} name={words.where[where]} text={text} words={words} />
          ))}
          <div className="copy">
            <Again words={words} refused={refused} />
            {!refused && <span>{words.byItself}</span>}
          </div>
        </>
      )}
    </section>
  );
}
