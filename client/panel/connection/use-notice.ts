import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

/** What makes the figures other than live and real. */
export interface PanelNotice {
  text: string;
  tone: "info" | "warning" | "danger";
}

/** The same in whole sentences; `null` where there is nothing to say. */
export function useNotice(): PanelNotice | null {
  const words = useLater()?.trouble;
  const wordsOf = useProblemWords();
  const { status, problem } = usePanel(selectConnection);
  const source = usePanel(selectSource);
  const told = status === "refused" ? problem : status === "live" ? (source?.problem ?? null) : null;
  if (told !== null) {
    const { message, advice } = wordsOf(told);
    const danger = status === "refused" || source?.status === "failed";
    return { text: `${message} ${advice}`, tone: danger ? "danger" : "warning" };
  }
  if (words === undefined) return null;
  if (status === "stale" || status === "offline") return { text: words.connection[status], tone: "warning" };
  if (status !== "live" || source?.demoReason == null) return null;
  const { noNvidiaSmi, askedFor, advice } = words.demo;
  return {
    text: source.demoReason === "no-nvidia-smi" ? `${noNvidiaSmi} ${advice}` : askedFor,
    tone: "info",
  };
}
