import type { BackendState } from "../../../shared/release/backend.ts";
import { gib } from "../../i18n/format.ts";
import { useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { backendName } from "./backend-name.ts";

/** The backends that the button can release, and what each is doing. */
export function Backends() {
  const backends = usePanel(selectBackends);
  const words = useReleaseWords();
  const wordsOf = useProblemWords();
  const shown = backends.filter(({ kind }) => kind !== "demo");
  if (words === null || shown.length === 0) return null;
  return (
    <ul className="small plain backends" aria-label={words.backends}>
      {shown.map((backend) => {
        const state = stateOf(backend);
        const { problem, models } = backend;
        const held = models
          .map(({ name, usedMiB }) => (usedMiB === null ? name : `${name} ${gib(usedMiB)} GiB`))
          .join(", ");
        return (
          <li
            key={backend.id}
            data-state={state}
            title={problem === null ? undefined : wordsOf(problem).message}
          >
            <span className="dot" />
            <b>{backendName(backend)}</b>
            <span className="muted">
              {words.backendState[state]}
              {held !== "" && ` · ${held}`}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function stateOf({ reachable, problem, busy }: BackendState) {
  if (reachable === false) return "unreachable";
  if (problem !== null) return "problem";
  return busy === null ? "unknown" : busy ? "busy" : "idle";
}
