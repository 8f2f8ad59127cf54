import { useReleaseWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import css from "../../styles/release-dialog.css?inline";
import { Backends } from "./Backends.tsx";
import { Offers } from "./Offers.tsx";
import { Parts } from "./Parts.tsx";
import { ReleaseResult } from "./ReleaseResult.tsx";
import { UnloadedBackends } from "./UnloadedBackends.tsx";
import type { ReleaseControl } from "./use-release.ts";

interface ReleaseDetailsProps {
  control: ReleaseControl;
  onDismiss(): void;
}

/** What the panel itself has no room for: all backends, what a release brought and who holds the rest, the way back. */
export default function ReleaseDetails({ control, onDismiss }: ReleaseDetailsProps) {
  const words = useReleaseWords();
  const { release, releasing, showResult } = control;
  if (words === null) return null;
  return (
    <>
      <Styles css={css} />
      {releasing && <Parts parts={release.parts} words={words} />}
      {showResult && !releasing && <ReleaseResult release={release} words={words} onDismiss={onDismiss} />}
      {!releasing && <UnloadedBackends />}
      <Backends words={words} />
      <Offers words={words} />
    </>
  );
}
