import type { ReleaseWords } from "../../i18n/release/words.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { selectBackends, selectFound, selectGpus } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { BackendText } from "./BackendText.tsx";
import { backendName } from "./backend-name.ts";
import { useFound } from "./found-control.ts";
import { restartHint } from "./restart-hint.ts";

/** The backends that the button can release, and what each is doing. */
export function Backends({ words }: { words: ReleaseWords }) {
  const wordsOf = useProblemWords();
  const gpus = usePanel(selectGpus);
  const found = usePanel(selectFound);
  const { allowed, asking, refusal, ask } = useFound();
  const shown = usePanel(selectBackends).filter(({ kind }) => kind !== "demo");
  if (shown.length === 0) return null;
  return (
    <ul className="backends" aria-label={words.backends}>
      {shown.map((backend) => {
        const { id, problem } = backend;
        return (
          <li key={id}>
            <BackendText backend={backend} words={words} />
            {allowed && found.some((one) => one.backend === id) && (
              <button
                type="button"
                className="go"
                disabled={asking}
                onClick={() => void ask("forget-backend", id)}
                aria-label={`${words.forget}: ${backendName(backend)}`}
              >
                {words.forget}
              </button>
            )}
            {backend.givesNothing && <p className="up warm">{restartHint(backend, gpus, words)}</p>}
            {problem !== null && <p className="muted">{wordsOf(problem).message}</p>}
          </li>
        );
      })}
      {refusal !== null && <li className="refused">{wordsOf(refusal).message}</li>}
    </ul>
  );
}
