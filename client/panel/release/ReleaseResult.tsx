import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Release } from "../../../shared/release/release.ts";
import { DASH, gib, whole } from "../../i18n/format.ts";
import { useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { shortName } from "../gpus/short-name.ts";
import { CheckIcon } from "./CheckIcon.tsx";

interface ReleaseResultProps {
  release: Release;
  onDismiss: () => void;
  brief?: boolean;
}

const HOLDERS_SHOWN = 4;

/** What a release brought, as measured; the backend's own claim stands beside it. */
export default function ReleaseResult({ release, onDismiss, brief = false }: ReleaseResultProps) {
  const m = useMessages();
  const wordsOf = useProblemWords();
  const { freedMiB, problem, claim } = release;
  const good = release.state === "done" && problem === null;
  const words = problem === null ? null : wordsOf(problem);
  const held = release.stillHeldBy.slice(0, HOLDERS_SHOWN);
  return (
    <div className="result" data-tone={good ? "good" : release.state === "failed" ? "danger" : "warning"}>
      <div className="result-head">
        {good ? <CheckIcon /> : <WarningIcon />}
        <strong data-testid="release-result">
          {good ? fillIn(m.release.freed, { gib: gib(freedMiB) }) : (words?.message ?? m.release.failed)}
        </strong>
        <button type="button" className="quiet" onClick={onDismiss}>
          {m.release.dismiss}
        </button>
      </div>
      <p className="small">{good ? m.release.measured : measured(freedMiB, m.release)}</p>
      {words !== null && <p className="small">{words.advice}</p>}
      {release.unsettled && <p className="small">{m.release.unsettled}</p>}
      {claim !== null && claim.freedMiB !== null && (
        <p className="small muted">{fillIn(m.release.claim, { mib: whole(claim.freedMiB) })}</p>
      )}
      {!brief && good && (
        <ul className="small muted plain">
          {release.gpus.map(({ index, beforeMiB, afterMiB }) => (
            <li key={index}>
              {fillIn(m.release.perGpu, { index, before: whole(beforeMiB), after: whole(afterMiB) })}
            </li>
          ))}
        </ul>
      )}
      {held.length > 0 && (
        <p className="small muted">
          {m.release.stillHeld}:{" "}
          {held
            .map(({ gpu, pid, name, usedMiB }) => {
              const size = usedMiB === null ? DASH : `${gib(usedMiB)} GiB`;
              return `${name === null ? m.hiddenName : shortName(name)} (PID ${pid}, GPU ${gpu}) ${size}`;
            })
            .join("; ")}
        </p>
      )}
    </div>
  );
}

function measured(
  freedMiB: number | null,
  m: { freedSoFar: string; grew: string; notMeasured: string },
): string {
  if (freedMiB === null) return m.notMeasured;
  return freedMiB < 0
    ? fillIn(m.grew, { mib: whole(-freedMiB) })
    : fillIn(m.freedSoFar, { mib: whole(freedMiB) });
}
