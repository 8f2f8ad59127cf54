import {
  HOST_MESSAGE,
  type LanguageChoice,
  parseHostMessage,
  type ThemeChoice,
} from "../../shared/protocol/host-messages.ts";
import { isAllowedOrigin } from "../../shared/protocol/origins.ts";

/** What the page around an iframe may be told and may ask for. */
export interface HostBridge {
  /** Tells the page how high the panel wants to be (CSS pixels). */
  resize(height: number): void;
  /** Tells the page what the panel shows; only a page of an allowed origin hears it. */
  state(state: unknown): void;
  close(): void;
}

/**
 * The bridge to the page that frames this one.
 * @param parentOrigin origin of that page, `null` when the browser does not tell
 * @param allowed origins of `--allow-origin`
 */
export function createHostBridge(
  parentOrigin: string | null,
  allowed: readonly string[],
  onTheme: (theme: ThemeChoice) => void,
  onLanguage: (language: LanguageChoice) => void,
): HostBridge {
  const own = location.origin;
  const mayHear = (origin: string) => origin === own || isAllowedOrigin(origin, allowed);

  function listen(event: MessageEvent<unknown>) {
    if (event.source !== window.parent || !mayHear(event.origin)) return;
    const message = parseHostMessage(event.data);
    if (message === null) return;
    if (message.type === HOST_MESSAGE.theme) onTheme(message.theme);
    else onLanguage(message.lang);
  }
  window.addEventListener("message", listen);

  return {
    // A height gives nothing away, so it may go to a page whose origin is not known.
    resize: (height) => window.parent.postMessage({ type: HOST_MESSAGE.resize, height }, parentOrigin ?? "*"),
    state(state) {
      if (parentOrigin === null || !mayHear(parentOrigin)) return;
      window.parent.postMessage({ type: HOST_MESSAGE.state, state }, parentOrigin);
    },
    close: () => window.removeEventListener("message", listen),
  };
}

/** Origin of the page that frames this one, or `null` when the browser does not tell. */
export function findParentOrigin(): string | null {
  const [nearest] = location.ancestorOrigins ?? [];
  if (nearest !== undefined && nearest !== "null") return nearest;
  return URL.canParse(document.referrer) ? new URL(document.referrer).origin : null;
}
