import { Suspense } from "react";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { laterPart } from "../later-part.ts";

const AlertChip = laterPart("AlertChip");

/** The place of the alerts. What fills it is loaded when there is one. @param watches tells the browser of them, too */
export function AlertSlot({ watches = false }: { watches?: boolean }) {
  const { length } = usePanel(selectAlerts);
  return (
    length > 0 && (
      <Suspense>
        <AlertChip watches={watches} />
      </Suspense>
    )
  );
}
