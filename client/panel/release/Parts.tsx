import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { ReleasePart } from "../../../shared/release/release.ts";
import { whole } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { backendNameOf } from "./backend-name.ts";

/** Each backend's share of a release. */
export function Parts({ parts, words }: { parts: readonly ReleasePart[]; words: ReleaseWords }) {
  const backends = usePanel(selectBackends);
  const wordsOf = useProblemWords();
  return (
    <ul className="parts">
      {parts.map(({ backend, state, freedMiB, problem }) => {
        const name = backendNameOf(backend, backends);
        const said = problem === null ? words.part[state] : wordsOf(problem).message;
        return (
          <li key={backend} data-state={state}>
            {freedMiB === null || problem !== null
              ? fillIn(words.partSaid, { backend: name, said })
              : fillIn(words.partFreed, { backend: name, mib: whole(freedMiB) })}
          </li>
        );
      })}
    </ul>
  );
}
