import { useLaterWords, useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/none.css?inline";
import { CopyLine } from "./CopyLine.tsx";
import { commandsFor } from "./commands.ts";

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
            <button type="button" className="btn" onClick={() => location.reload()}>
              {words.again}
            </button>
            {!refused && <span>{words.byItself}</span>}
          </div>
        </>
      )}
    </section>
  );
}
