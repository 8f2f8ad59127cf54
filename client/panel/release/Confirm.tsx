import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { totalEstimateMiB } from "../../../shared/release/estimate.ts";
import { gib } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { useMessages, useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectBackends, selectGpus, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/release-dialog.css?inline";
import Pop from "../../ui/Pop.tsx";
import { busyGpus } from "../gpus/busy.ts";
import { backendName } from "./backend-name.ts";
import { ModeHints } from "./ModeHints.tsx";
import { mineOf } from "./mine-of.ts";
import { Offers } from "./Offers.tsx";
import { releaseChoice } from "./release-choice.ts";
import { restartHint } from "./restart-hint.ts";
import type { ReleaseControl } from "./use-release.ts";

interface ConfirmProps {
  control: ReleaseControl;
  /** The button that was pressed. */
  anchor: RefObject<HTMLElement | null>;
}

/** The question before a release: of which backend, what will come back, and what becomes of a running job. */
export function Confirm({ control, anchor }: ConfirmProps) {
  const m = useMessages();
  const words = useReleaseWords();
  const none = usePanel(selectBackends).length === 0;
  return (
    <Pop anchor={anchor} label={m.release.button} onClose={control.cancel}>
      <Styles css={css} />
      {words !== null && (none ? <Offers words={words} /> : <Question control={control} words={words} />)}
    </Pop>
  );
}

function Question({ control, words }: { control: ReleaseControl; words: ReleaseWords }) {
  const demo = usePanel(selectSource)?.kind === "demo";
  const backends = mineOf(usePanel(selectBackends), control.own);
  const gpus = usePanel(selectGpus);
  const [target, setTarget] = useState<string | null>(null);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus({ preventScroll: true }), []);
  const targets = backends.filter(({ id }) => target === null || id === target);
  const { busy, modes } = releaseChoice(targets);
  // All GPUs, also those that this panel does not show: the release does not spare them.
  const busyByUtilization =
    busy.length === 0 && targets.some((one) => one.busy === null) ? busyGpus(gpus) : [];
  const simulated = demo && backends.every(({ kind }) => kind === "demo");
  const [runs] = busy;
  const title =
    runs === undefined
      ? simulated
        ? words.confirmDemo
        : words.confirm
      : fillIn((runs.queue ?? 0) > 0 ? words.jobsQueued : words.jobRuns, {
          backend: backendName(runs),
          n: runs.queue ?? 0,
        });
  return (
    <>
      <h2>{title}</h2>
      {busy.slice(1).map((backend) => (
        <p key={backend.id} className="strong">
          {fillIn((backend.queue ?? 0) > 0 ? words.jobsQueued : words.jobRuns, {
            backend: backendName(backend),
            n: backend.queue ?? 0,
          })}
        </p>
      ))}
      {backends.length > 1 && (
        <TargetPicker backends={backends} target={target} onTarget={setTarget} words={words} />
      )}
      {!simulated && <Expected targets={targets} words={words} />}
      {/* What knows “after the current job” is asked before the release whether one runs. */}
      {targets
        .filter(
          (one) => one.busy === null && one.duringJob === "ends-jobs" && !one.modes.includes("after-current"),
        )
        .map((one) => (
          <p key={one.id} className="up warm">
            {fillIn(words.mayEndJobs, { backend: backendName(one) })}
          </p>
        ))}
      {busyByUtilization.length > 0 && (
        <p className="up warm">{fillIn(words.utilizationBusy, { gpus: busyByUtilization.join(", ") })}</p>
      )}
      {modes.length > 1 && <ModeHints modes={modes} busy={busy} words={words} />}
      {control.missing !== null && <p className="up warm">{words.missing[control.missing]}</p>}
      <div className="acts">
        {modes.map((mode, i) => (
          <button
            key={mode}
            ref={i === 0 ? first : undefined}
            type="button"
            className={`btn${mode === "interrupt" ? " danger" : i === 0 ? " primary" : ""}`}
            disabled={!control.enabled}
            onClick={() => control.confirm(mode, target)}
          >
            {words.yes[mode]}
          </button>
        ))}
        <button type="button" className="btn" onClick={control.cancel}>
          {words.no}
        </button>
      </div>
    </>
  );
}

interface TargetPickerProps {
  backends: readonly BackendState[];
  target: string | null;
  onTarget: (id: string | null) => void;
  words: ReleaseWords;
}

/** All backends, or one of them. */
function TargetPicker({ backends, target, onTarget, words }: TargetPickerProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{words.target}</label>
      <select id={id} value={target ?? ""} onChange={(event) => onTarget(event.target.value || null)}>
        <option value="">{words.allBackends}</option>
        {backends.map((backend) => (
          <option key={backend.id} value={backend.id}>
            {backendName(backend)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What is loaded, and what should come back. */
function Expected({ targets, words }: { targets: readonly BackendState[]; words: ReleaseWords }) {
  const wordsOf = useProblemWords();
  const gpus = usePanel(selectGpus);
  const estimate = totalEstimateMiB(targets, gpus);
  const models = targets.flatMap((backend) =>
    backend.models.map(({ name, usedMiB }) => (usedMiB === null ? name : `${name} (${gib(usedMiB)} GiB)`)),
  );
  const problems = targets.flatMap((backend) =>
    backend.problem === null ? [] : [{ backend, ...wordsOf(backend.problem) }],
  );
  return (
    <>
      <p className="muted">
        {estimate === null
          ? words.estimateUnknown
          : (estimate > 0 || !targets.every(({ givesNothing }) => givesNothing)) &&
            fillIn(words.estimate, { gib: gib(estimate) })}
        {models.length > 0 && ` ${fillIn(words.models, { models: models.join(", ") })}`}
      </p>
      {targets
        .filter(({ givesNothing }) => givesNothing)
        .map((backend) => (
          <p key={backend.id} className="up warm">
            {restartHint(backend, gpus, words)}
          </p>
        ))}
      {problems.map(({ backend, message, advice }) => (
        <p key={backend.id} className="up warm">
          <b>{backendName(backend)}</b>: {message} {advice}
        </p>
      ))}
    </>
  );
}
