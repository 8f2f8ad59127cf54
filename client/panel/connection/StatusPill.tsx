import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

/** Are the figures of now? One word, one colour. */
export function StatusPill({ withRate = true }: { withRate?: boolean }) {
  const m = useMessages();
  const later = useLater();
  const { status } = usePanel(selectConnection);
  const source = usePanel(selectSource);
  const live = status === "live";
  const sourceLive = source?.status === "live";
  const tone =
    live && sourceLive ? "live" : status === "refused" || source?.status === "failed" ? "danger" : "warning";
  const recorded = live && sourceLive && source.replay !== undefined;
  const text = recorded
    ? (later?.replay.label ?? "…")
    : live && source !== null && source.status !== "live"
      ? m.sourceStatus[source.status]
      : m.connection[status];
  return (
    <span className="pill" data-tone={tone} role="status" data-testid="status">
      <span className="dot" />
      {text}
      {withRate && live && sourceLive && !recorded && (
        <span className="muted"> · {fillIn(m.everySeconds, { seconds: source.intervalMs / 1000 })}</span>
      )}
    </span>
  );
}
