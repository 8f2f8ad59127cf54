import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Release } from "../../../shared/release/release.ts";
import { DASH, gib, whole } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { shortName } from "../gpus/short-name.ts";
import { heldUntoldMiB } from "./held-untold.ts";
import { Parts } from "./Parts.tsx";

interface ReleaseResultProps {
  release: Release;
  words: ReleaseWords;
  onDismiss: () => void;
}

const HOLDERS_SHOWN = 4;

/** What a release brought, as measured; the backend's own claim stands beside it. */
export function ReleaseResult({ release, words, onDismiss }: ReleaseResultProps) {
  const wordsOf = useProblemWords();
  const { freedMiB, problem, claim, parts } = release;
  const good = release.state === "done" && (problem === null || problem.code === "nothing-loaded");
  const freed = freedMiB !== null && freedMiB > 0 && release.state === "done";
  const said = problem === null ? null : wordsOf(problem);
  return (
    <div className="result">
      <h2>{freed ? fillIn(words.freed, { gib: gib(freedMiB) }) : (said?.message ?? words.failed)}</h2>
      <Measured release={release} words={words} />
      {said !== null && (
        <p>
          {freed && parts.length === 1 && `${said.message} `}
          {said.advice}
        </p>
      )}
      {release.late !== null && (
        <p data-testid="release-late">
          {fillIn(words.late, { mib: whole(release.late.freedMiB), seconds: release.late.seconds })}
        </p>
      )}
      {release.unsettled && <p>{words.unsettled}</p>}
      {claim !== null && claim.freedMiB !== null && (
        <p className="muted">{fillIn(words.claim, { mib: whole(claim.freedMiB) })}</p>
      )}
      {parts.length > 1 && <Parts parts={parts} words={words} />}
      {freed && (
        <ul className="muted">
          {release.gpus.map(({ index, beforeMiB, afterMiB }) => (
            <li key={index}>
              {fillIn(words.perGpu, { index, before: whole(beforeMiB), after: whole(afterMiB) })}
            </li>
          ))}
        </ul>
      )}
      <Meanwhile release={release} words={words} />
      <Holders release={release} words={words} />
      {!good && <Untold release={release} words={words} />}
      <div className="acts">
        <button type="button" className="btn" onClick={onDismiss}>
          {words.dismiss}
        </button>
      </div>
    </div>
  );
}

/** What other programs took or gave back, which is no part of what was freed. */
function Meanwhile({ release, words }: { release: Release; words: ReleaseWords }) {
  const m = useMessages();
  if (release.meanwhile.length === 0) return null;
  const changes = release.meanwhile.map(({ gpu, pid, name, changedMiB }) =>
    fillIn(changedMiB > 0 ? words.took : words.gaveBack, {
      name: name === null ? m.hiddenName : shortName(name),
      pid,
      gpu,
      mib: whole(Math.abs(changedMiB)),
    }),
  );
  return (
    <p>
      {words.notCounted}: {changes.join("; ")}.
    </p>
  );
}

/** Who still holds VRAM, why, and what helps. */
function Holders({ release, words }: { release: Release; words: ReleaseWords }) {
  const m = useMessages();
  const held = release.stillHeldBy.slice(0, HOLDERS_SHOWN);
  if (held.length === 0) return null;
  const steps = [...new Set(held.map(({ because }) => words.nextStep[because]))].filter(
    (step) => step !== "",
  );
  return (
    <>
      <p className="muted">
        {words.stillHeld}:{" "}
        {held
          .map(({ gpu, pid, name, usedMiB, because }) => {
            const size = usedMiB === null ? DASH : `${gib(usedMiB)} GiB`;
            const why = words.because[because] === "" ? "" : `, ${words.because[because]}`;
            return `${name === null ? m.hiddenName : shortName(name)} (PID ${pid}, GPU ${gpu}) ${size}${why}`;
          })
          .join("; ")}
      </p>
      {steps.map((step) => (
        <p key={step} className="muted">
          {step}
        </p>
      ))}
    </>
  );
}

/** Where the driver hides processes, that it does: a list that is empty or short would say that nobody holds the rest. */
function Untold({ release, words }: { release: Release; words: ReleaseWords }) {
  const untoldMiB = heldUntoldMiB(release);
  if (untoldMiB === null) return null;
  return <p className="muted">{fillIn(words.heldUntold, { gib: gib(untoldMiB) })}</p>;
}

/** What the samples said. Silent where nothing was asked of a backend. */
function Measured({ release, words }: { release: Release; words: ReleaseWords }) {
  const { freedMiB, state, problem } = release;
  if (freedMiB === null) {
    return problem?.code === "not-measured" ? <p>{words.notMeasured}</p> : null;
  }
  if (state === "done" && problem === null) return <p>{words.measured}</p>;
  const text = freedMiB < 0 ? words.grew : words.freedSoFar;
  return <p>{fillIn(text, { mib: whole(Math.abs(freedMiB)) })}</p>;
}
