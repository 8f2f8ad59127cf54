import type { ReactNode } from "react";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { inOrder, isOpen, useAlertTelling } from "./use-alerts.ts";
import { useBrowserNotices } from "./use-browser-notices.ts";

/**
 * The gravest alert in the slot of the head, where it is critical; else what stands there at rest. Where there is no
 * such slot (`null`) it only tells the browser.
 */
export default function AlertLine({ children }: { children: ReactNode }) {
  const telling = useAlertTelling();
  const open = inOrder(usePanel(selectAlerts).filter(isOpen));
  useBrowserNotices(open, telling);
  const [first] = open;
  if (children === null || telling === null || first?.severity !== "critical") return children;
  const { message } = telling.say(first);
  return (
    <div className="note" data-tone="danger" role="alert">
      <span className="up" />
      <span className="cut" title={message}>
        {message}
      </span>
    </div>
  );
}
