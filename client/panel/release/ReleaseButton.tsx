import { lazy, memo, Suspense, useEffect, useId } from "react";
import { useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { selectParked } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { ReleaseIcon } from "../../ui/icons.tsx";
import { useRelease } from "./use-release.ts";

// Not needed for the first figures. Loaded soon after them, so that it is there when the sidecar is not.
const loadDialog = () => import("./ReleaseDialog.tsx");
const ReleaseDialog = lazy(loadDialog);

interface ReleaseButtonProps {
  /** For one line: short words, no explanation under the button. */
  brief?: boolean;
}

/** The button; what follows its press stands in the dialog. */
export const ReleaseButton = memo(function ReleaseButton({ brief = false }: ReleaseButtonProps) {
  const m = useMessages();
  const wordsOf = useProblemWords();
  const control = useRelease();
  const { releasing, enabled, blockedBy, missing, refusal, asking, showResult } = control;
  const parked = usePanel(selectParked);
  const hintId = useId();
  useEffect(() => {
    // A failure here is tried again, and told, when the part is really shown.
    loadDialog().catch(() => {});
  }, []);
  const blocked = blockedBy === null ? null : wordsOf(blockedBy);
  const why =
    blocked !== null
      ? `${blocked.message} ${blocked.advice}`
      : missing === null
        ? null
        : m.release.missing[missing];
  return (
    <div className="release">
      {!asking && (
        <button
          type="button"
          className="primary"
          disabled={!enabled}
          aria-describedby={hintId}
          title={why ?? undefined}
          onClick={control.ask}
        >
          <ReleaseIcon />
          {brief ? m.release.short : m.release.button}
        </button>
      )}
      <div
        id={hintId}
        className="release-hint small muted"
        hidden={brief || asking || releasing || (showResult && why === null)}
      >
        {why ?? m.release.hint}
      </div>
      {(asking || releasing || showResult || refusal !== null || parked) && (
        <Suspense>
          <ReleaseDialog control={control} brief={brief} />
        </Suspense>
      )}
    </div>
  );
});
