import { useEffect, useId, useRef, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { totalEstimateMiB } from "../../../shared/release/estimate.ts";
import { gib } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { selectBackends, selectGpus, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { busyGpus } from "../gpus/busy.ts";
import { backendName } from "./backend-name.ts";
import { ModeChoice } from "./ModeChoice.tsx";
import { releaseChoice } from "./release-choice.ts";
import type { ReleaseControl } from "./use-release.ts";

interface ConfirmProps {
  control: ReleaseControl;
  words: ReleaseWords;
}

/** The question before a release: of which backend, what will come back, and what becomes of a running job. */
export function Confirm({ control, words }: ConfirmProps) {
  const m = useMessages();
  const demo = usePanel(selectSource)?.kind === "demo";
  const backends = usePanel(selectBackends);
  const gpus = usePanel(selectGpus);
  const [target, setTarget] = useState<string | null>(null);
  const [wanted, setWanted] = useState<string | null>(null);
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  const targets = backends.filter(({ id }) => target === null || id === target);
  const { busy, modes } = releaseChoice(targets);
  const mode = modes.find((one) => one === wanted) ?? modes[0] ?? "auto";
  // All GPUs, also those that this panel does not show: the release does not spare them.
  const busyByUtilization =
    busy.length === 0 && targets.some((one) => one.busy === null) ? busyGpus(gpus) : [];
  const simulated = demo && backends.every(({ kind }) => kind === "demo");
  return (
    // biome-ignore lint/a11y/useSemanticElements: a dialog element would open over the host page, outside a small iframe
    <div
      className="confirm"
      role="group"
      aria-label={words.yes[mode]}
      onKeyDown={(event) => event.key === "Escape" && control.cancel()}
    >
      <p>{simulated ? words.confirmDemo : words.confirm}</p>
      {backends.length > 1 && (
        <TargetPicker backends={backends} target={target} onTarget={setTarget} words={words} />
      )}
      {!simulated && <Expected targets={targets} words={words} />}
      {busy.map((backend) => (
        <p key={backend.id} className="caution small">
          {fillIn((backend.queue ?? 0) > 0 ? words.jobsQueued : words.jobRuns, {
            backend: backendName(backend),
            n: backend.queue ?? 0,
          })}
        </p>
      ))}
      {targets
        .filter((one) => one.busy === null && one.duringJob === "ends-jobs")
        .map((one) => (
          <p key={one.id} className="caution small">
            {fillIn(words.mayEndJobs, { backend: backendName(one) })}
          </p>
        ))}
      {busyByUtilization.length > 0 && (
        <p className="caution small">
          {fillIn(words.utilizationBusy, { gpus: busyByUtilization.join(", ") })}
        </p>
      )}
      {modes.length > 1 && (
        <ModeChoice modes={modes} chosen={mode} busy={busy} onChoose={setWanted} words={words} />
      )}
      {control.missing !== null && <p className="caution small">{m.release.missing[control.missing]}</p>}
      <div className="confirm-buttons">
        <button
          ref={yes}
          type="button"
          className="danger"
          disabled={!control.enabled}
          onClick={() => control.confirm(mode, target)}
        >
          {words.yes[mode]}
        </button>
        <button type="button" onClick={control.cancel}>
          {words.no}
        </button>
      </div>
    </div>
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
      <p className="small muted">
        {estimate === null ? words.estimateUnknown : fillIn(words.estimate, { gib: gib(estimate) })}
        {models.length > 0 && ` ${fillIn(words.models, { models: models.join(", ") })}`}
      </p>
      {problems.map(({ backend, message, advice }) => (
        <p key={backend.id} className="caution small">
          <strong>{backendName(backend)}</strong>: {message} {advice}
        </p>
      ))}
    </>
  );
}
