import { useLater } from "../../i18n/use-messages.ts";
import { selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { Later } from "../Later.tsx";
import { laterPart } from "../later-part.ts";
import { useStateWord } from "./use-state-word.ts";

const NoticeButton = laterPart("NoticeButton");

interface StatusPillProps {
  /** No word where all is well. */
  brief?: boolean;
  /** Nor where it is not: it is said elsewhere. */
  dotOnly?: boolean;
}

/** Are the figures of now? One dot, and a word where the word is not "live". */
export function StatusPill({ brief = false, dotOnly = false }: StatusPillProps) {
  const later = useLater();
  const replay = usePanel(selectSource)?.replay;
  const { word, dot, more } = useStateWord();
  const recorded = !more && dot === undefined && replay !== undefined;
  const said = recorded ? (later?.replay.label ?? "…") : word;
  // In small views the word is for who hears it, unless it says more than that all is well.
  const hidden = dot === undefined ? brief && !more && !recorded : dotOnly;
  const shown = (
    <>
      <i className="dot" data-tone={dot} />
      <span className={hidden ? "spoken-only" : "w"}>{said}</span>
    </>
  );
  return (
    <span className="st" role="status" data-testid="status" data-tone={dot}>
      {brief && more ? (
        <Later fallback={shown}>
          <NoticeButton label={said} shown={shown} />
        </Later>
      ) : (
        shown
      )}
    </span>
  );
}
