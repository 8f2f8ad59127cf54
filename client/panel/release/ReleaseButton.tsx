import { lazy, memo, Suspense, useEffect, useId } from "react";
import { useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { ReleaseIcon } from "../../ui/icons.tsx";
import { useRelease } from "./use-release.ts";

// Not needed for the first figures. Loaded soon after them, so that they are there when the sidecar is not.
const loadConfirm = () => import("./Confirm.tsx");
const loadResult = () => import("./ReleaseResult.tsx");
const Confirm = lazy(loadConfirm);
const ReleaseResult = lazy(loadResult);

interface ReleaseButtonProps {
  /** For one line: short words, no explanation under the button. */
  brief?: boolean;
}

/** The button, the question before, the progress, and the measured result. */
export const ReleaseButton = memo(function ReleaseButton({ brief = false }: ReleaseButtonProps) {
  const m = useMessages();
  const wordsOf = useProblemWords();
  const control = useRelease();
  const { release, releasing, enabled, blockedBy, refusal, asking, showResult } = control;
  const hintId = useId();
  useEffect(() => {
    // A failure here is tried again, and told, when the part is really shown.
    Promise.all([loadConfirm(), loadResult()]).catch(() => {});
  }, []);
  const blocked = blockedBy === null ? null : wordsOf(blockedBy);
  const refused = refusal === null ? null : wordsOf(refusal);
  return (
    <div className="release">
      {asking ? (
        <Suspense>
          <Confirm control={control} />
        </Suspense>
      ) : (
        <button
          type="button"
          className="primary"
          disabled={!enabled}
          aria-describedby={hintId}
          title={blocked === null ? undefined : `${blocked.message} ${blocked.advice}`}
          onClick={control.ask}
        >
          <ReleaseIcon />
          {brief ? m.release.short : m.release.button}
        </button>
      )}
      <div
        id={hintId}
        className="release-hint small muted"
        hidden={brief || asking || releasing || showResult}
      >
        {blocked === null ? m.release.hint : `${blocked.message} ${blocked.advice}`}
      </div>
      <div className="release-live" aria-live="polite">
        {releasing && (
          <div className="steps" data-phase={release.state}>
            <ol className="plain">
              <li data-done={release.state === "verifying"}>{m.release.steps.call}</li>
              <li>{m.release.steps.verify}</li>
            </ol>
            <span className="small">
              {release.state === "verifying" ? m.release.verifying : m.release.calling}
            </span>
          </div>
        )}
        {refused !== null && !releasing && (
          <p className="small refused">
            <strong>{refused.message}</strong> {refused.advice}
          </p>
        )}
        {showResult && !releasing && !asking && (
          <Suspense>
            <ReleaseResult release={release} onDismiss={control.dismiss} brief={brief} />
          </Suspense>
        )}
      </div>
    </div>
  );
});
