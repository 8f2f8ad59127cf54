import { useMessages } from "../../i18n/use-messages.ts";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

/** In place of the GPUs while there is none to show. What is wrong stands in the notices above. */
export function NoGpus() {
  const m = useMessages();
  const connection = usePanel(selectConnection);
  const source = usePanel(selectSource);
  const waiting = connection.status === "connecting" || source?.status === "starting";
  const text =
    connection.status === "connecting"
      ? m.connectionAdvice.connecting
      : waiting
        ? m.waitingForGpus
        : m.noGpus;
  return <p className="nothing muted">{text}</p>;
}
