import type { LanguageChoice, ThemeChoice } from "../../shared/protocol/host-messages.ts";
import { createHostBridge, findParentOrigin } from "../connection/host-bridge.ts";
import type { PanelStore } from "../store/panel-store.ts";
import { snapshotOf } from "./snapshot.ts";

/** Keeps the framing page informed of height and state, and follows what it asks for. @returns how to end that */
export function joinHost(
  { get, subscribe }: PanelStore,
  element: HTMLElement,
  onTheme: (theme: ThemeChoice) => void,
  onLanguage: (language: LanguageChoice) => void,
): () => void {
  const allowed =
    document.querySelector('meta[name="gpu-panel-allow-origin"]')?.getAttribute("content") ?? "";
  const bridge = createHostBridge(
    findParentOrigin(),
    allowed.split(" ").filter(Boolean),
    onTheme,
    onLanguage,
  );
  const observer = new ResizeObserver(() => bridge.resize(Math.ceil(element.getBoundingClientRect().height)));
  observer.observe(element);
  const publish = () => bridge.state(snapshotOf(get()));
  publish();
  const unsubscribe = subscribe(publish);
  return () => {
    observer.disconnect();
    unsubscribe();
    bridge.close();
  };
}
