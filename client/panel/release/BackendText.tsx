import type { BackendState } from "../../../shared/release/backend.ts";
import { gib } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { backendName } from "./backend-name.ts";
import { DOT_OF, doingOf } from "./backend-tone.ts";

/** One backend in a line: what it does, and what it holds. */
export function BackendText({ backend, words }: { backend: BackendState; words: ReleaseWords }) {
  const doing = doingOf(backend);
  const held = backend.models
    .map(({ name, usedMiB }) => (usedMiB === null ? name : `${name} ${gib(usedMiB)} GiB`))
    .join(", ");
  return (
    <>
      <i className="dot" data-tone={DOT_OF[doing]} />
      <span className="muted cut">
        <span>{backendName(backend)}</span> <span>{words.backendState[doing]}</span>
        {held !== "" && ` · ${held}`}
      </span>
    </>
  );
}
