import { useEffect, useRef } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { selectGpus, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { busyGpus } from "../gpus/busy.ts";
import type { ReleaseControl } from "./use-release.ts";

/** The question before a release: what it means, and whether a job seems to run. */
export default function Confirm({ control }: { control: ReleaseControl }) {
  const m = useMessages();
  const demo = usePanel(selectSource)?.kind === "demo";
  // All of them, also those that this panel does not show: the release does not spare them.
  const busy = busyGpus(usePanel(selectGpus));
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a dialog element would open over the host page, outside a small iframe
    <div
      className="confirm"
      role="group"
      aria-label={m.release.button}
      onKeyDown={(event) => event.key === "Escape" && control.cancel()}
    >
      <p>{demo ? m.release.confirmDemo : m.release.confirm}</p>
      {busy.length > 0 && (
        <p className="caution small">{fillIn(m.release.busy, { gpus: busy.join(", ") })}</p>
      )}
      <div className="confirm-buttons">
        <button ref={yes} type="button" className="danger" onClick={control.confirm}>
          {m.release.yes}
        </button>
        <button type="button" onClick={control.cancel}>
          {m.release.no}
        </button>
      </div>
    </div>
  );
}
