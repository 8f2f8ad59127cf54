import { Suspense } from "react";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel } from "../../store/use-panel.ts";
import { laterPart } from "../later-part.ts";
import type { Outlook } from "./outlook.ts";

const HandoverLine = laterPart("HandoverLine");

interface ThenLineProps {
  outlook: Outlook;
  className: string;
}

/** What is planned for later is no news yet: it may be put off, or be minutes away. */
const SOON_MS = 30_000;

const selectHandover = ({ connection, known }: PanelState) => {
  if (connection.status !== "live" || known === null) return null;
  const { handover, epochMs, tMs } = known;
  const at = handover?.next?.at ?? Number.POSITIVE_INFINITY;
  if (at - epochMs - tMs <= SOON_MS) return "next";
  return (handover?.hold ?? null) === null ? null : "hold";
};

/**
 * The line at the button: what is going on, what came of it, or what would come after. Who is about to leave the card
 * is said before what came of a release, that it is held after that.
 */
export function ThenLine({ outlook: { button, say, after }, className }: ThenLineProps) {
  const handover = usePanel(selectHandover);
  const line = (
    <span
      className={`${className} say`}
      data-tone={say?.tone}
      title={say?.text}
      aria-live="polite"
      data-testid={say !== null && say.tone !== "good" ? "release-result" : undefined}
    >
      {say === null ? after : <span className={say.tone === "bad" ? "up" : undefined}>{say.text}</span>}
    </span>
  );
  const said = say !== null && say.tone !== "muted";
  if (button !== null || handover === null || (handover === "hold" && said)) return line;
  return (
    <Suspense fallback={line}>
      <HandoverLine shows={handover} />
    </Suspense>
  );
}
