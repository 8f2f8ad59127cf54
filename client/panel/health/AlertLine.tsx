import { fillIn } from "../../../shared/problems/fill-in.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/health.css?inline";
import { Notice } from "../../ui/Notice.tsx";
import { inOrder, isOpen, toneOf, useAlertTelling } from "./use-alerts.ts";
import { useBrowserNotices } from "./use-browser-notices.ts";

/** The gravest alert in a line, and how many there are besides; nothing where all were seen. */
export default function AlertLine() {
  const telling = useAlertTelling();
  const open = inOrder(usePanel(selectAlerts).filter(isOpen));
  useBrowserNotices(open, telling);
  const [first] = open;
  if (telling === null || first === undefined) return null;
  const { message, advice } = telling.say(first);
  return (
    <>
      <Styles css={css} />
      <Notice tone={toneOf(first)} title={`${message}${telling.between.trim()}`}>
        {advice}
        {open.length > 1 && (
          <>
            {" "}
            <b className="badge">{fillIn(telling.words.more, { n: open.length - 1 })}</b>
          </>
        )}
      </Notice>
    </>
  );
}
