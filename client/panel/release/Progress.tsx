import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Release } from "../../../shared/release/release.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { backendNameOf } from "./backend-name.ts";
import { Parts } from "./Parts.tsx";
import type { ReleaseControl } from "./use-release.ts";

const ORDER = ["waiting-for-job", "calling", "verifying"];

/** From the click to the verdict, the same for every viewer. */
export function Progress({ control, words }: { control: ReleaseControl; words: ReleaseWords }) {
  const { release } = control;
  const backends = usePanel(selectBackends);
  const backend = release.backend === null ? words.allBackends : backendNameOf(release.backend, backends);
  const { waiting } = release;
  const at = ORDER.indexOf(release.state);
  const names = [words.steps.call, words.steps.verify];
  const waits = release.mode === "after-current" || waiting !== null;
  const steps = waits ? [words.steps.wait, ...names] : names;
  const here = at - (ORDER.length - steps.length);
  return (
    <div className="steps" data-phase={release.state}>
      <ol className="plain">
        {steps.map((step, i) => (
          <li key={step} data-step={i < here ? "done" : i === here ? "now" : "later"}>
            {step}
          </li>
        ))}
      </ol>
      <span className="small">
        {waiting === null
          ? release.state === "verifying"
            ? words.verifying
            : fillIn(words.calling, { backend })
          : fillIn(waitingText(waiting, words), { backend })}
        {(waiting?.queue ?? 0) > 0 && ` ${fillIn(words.waitingQueue, { n: waiting?.queue ?? 0 })}`}
      </span>
      {release.parts.length > 1 && <Parts parts={release.parts} words={words} />}
      {control.mayCancel && (
        <button type="button" onClick={control.cancelWaiting}>
          {waiting?.asked ? words.stopWaiting : words.cancelWaiting}
        </button>
      )}
    </div>
  );
}

function waitingText({ asked, cancellable }: NonNullable<Release["waiting"]>, words: ReleaseWords): string {
  if (!cancellable) return words.stopping;
  return asked ? words.alreadyAsked : words.waiting;
}
