import { lazy, Suspense } from "react";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

// A page that cannot load it still shows everything else.
const AlertLine = lazy(() => import("./AlertLine.tsx").catch(() => ({ default: () => null })));

/** The place of the alerts in the small views. What fills it is loaded when there is one. */
export function AlertNotice() {
  const { length } = usePanel(selectAlerts);
  return (
    length > 0 && (
      <Suspense>
        <AlertLine />
      </Suspense>
    )
  );
}
