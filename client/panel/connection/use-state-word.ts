import { useMessages } from "../../i18n/use-messages.ts";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

/** The state of connection and source in a word, the tone of its dot (none is calm), and whether there is more to say. */
export function useStateWord(): { word: string; dot?: "warm" | "bad" | "off"; more: boolean } {
  const m = useMessages();
  const { status } = usePanel(selectConnection);
  const source = usePanel(selectSource);
  if (status !== "live") {
    const dot = status === "refused" ? "bad" : status === "connecting" ? "off" : "warm";
    return { word: m.connection[status], dot, more: status !== "connecting" };
  }
  const more = source?.problem != null;
  if (source !== null && source.status !== "live") {
    const dot = source.status === "failed" ? "bad" : source.status === "stale" ? "warm" : "off";
    return { word: m.sourceStatus[source.status], dot, more };
  }
  if (!more && source?.demoReason != null) return { word: m.demo, more: true };
  return { word: m.connection.live, more };
}
