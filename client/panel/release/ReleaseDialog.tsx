import { useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import css from "../../styles/release-dialog.css?inline";
import { Confirm } from "./Confirm.tsx";
import { Parked } from "./Parked.tsx";
import { Progress } from "./Progress.tsx";
import { ReleaseResult } from "./ReleaseResult.tsx";
import type { ReleaseControl } from "./use-release.ts";

interface ReleaseDialogProps {
  control: ReleaseControl;
  brief: boolean;
}

/** What follows a press of the button: the question, the progress, the measured result. */
export default function ReleaseDialog({ control, brief }: ReleaseDialogProps) {
  const words = useReleaseWords();
  const wordsOf = useProblemWords();
  const { release, releasing, refusal, asking, showResult } = control;
  if (words === null) return null;
  const refused = refusal === null ? null : wordsOf(refusal);
  return (
    <>
      <Styles css={css} />
      {asking && <Confirm control={control} words={words} />}
      <div className="release-live" aria-live="polite">
        {releasing && <Progress control={control} words={words} />}
        {refused !== null && (
          <p className="small refused">
            <strong>{refused.message}</strong> {refused.advice}
          </p>
        )}
        {showResult && !releasing && !asking && (
          <ReleaseResult release={release} words={words} onDismiss={control.dismiss} brief={brief} />
        )}
        {!releasing && !asking && <Parked />}
      </div>
    </>
  );
}
