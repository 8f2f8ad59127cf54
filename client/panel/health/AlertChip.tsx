import { lazy, Suspense } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/chip.css?inline";
import { PopButton } from "../../ui/PopButton.tsx";

// A page that cannot load it still shows everything else.
const AlertList = lazy(() => import("./AlertList.tsx").catch(() => ({ default: () => null })));
const AlertLine = lazy(() => import("./AlertLine.tsx").catch(() => ({ default: () => null })));

/** How many red lines are crossed; what they are lies behind it. @param watches tells the browser of them, too */
export function AlertChip({ watches = false }: { watches?: boolean }) {
  const m = useMessages();
  const alerts = usePanel(selectAlerts);
  const open = alerts.filter(({ acknowledged, mutedUntil }) => !acknowledged && mutedUntil === null);
  const critical = open.some(({ severity }) => severity === "critical");
  const tone = critical ? " full" : open.some(({ severity }) => severity === "warning") ? " warm" : "";
  const [n, word] = fillIn(open.length === 1 ? m.alerts.one : m.alerts.more, {
    n: open.length || alerts.length,
  }).split("|");
  return (
    <>
      <Styles css={css} />
      {watches && (
        <Suspense>
          <AlertLine>{null}</AlertLine>
        </Suspense>
      )}
      <PopButton
        className={`chip${tone}`}
        label={`${n}${word}`}
        name={`${n}${word}`}
        wide
        shown={
          <>
            {tone !== "" && <span className="up" />}
            {n}
            <span className="w">{word}</span>
          </>
        }
      >
        {() => <AlertList />}
      </PopButton>
    </>
  );
}
