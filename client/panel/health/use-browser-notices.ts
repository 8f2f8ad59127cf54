import { useEffect } from "react";
import type { Alert } from "../../../shared/health/alert.ts";
import { createMemory } from "../../embedding/remember.ts";
import type { AlertTelling } from "./use-alerts.ts";

const KNOWN = 50;
const memory = () => createMemory(() => localStorage);

/** What this browser remembers of notifications: whether they are wanted, and which alerts it was told of. */
export const notices = {
  wanted: () => memory().get("notify") === "on",
  want: (on: boolean) => memory().set("notify", on ? "on" : "off"),
  known: () => (memory().get("notified") ?? "").split(" ").filter(Boolean),
  /** They are wanted, and this page may. */
  mayTell: () => notices.wanted() && mayNotify() === "granted",
  remember: (ids: readonly string[]) => memory().set("notified", ids.slice(-KNOWN).join(" ")),
};

/** May this page notify? `denied` also where the browser has no notifications, or none for such a page. */
export function mayNotify(): NotificationPermission {
  return "Notification" in globalThis && isSecureContext ? Notification.permission : "denied";
}

/** @param tag several panels of one sidecar make one notification of what has the same */
export function notify(title: string, body: string, tag: string) {
  try {
    new Notification(title, { body, tag });
  } catch {
    // Chrome on Android wants a service worker for it; there the panel itself is what tells.
  }
}

/** Shows each open alert once as a browser notification, where that is wanted and allowed. */
export function useBrowserNotices(open: readonly Alert[], telling: AlertTelling | null) {
  const ids = open.map(({ id }) => id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each change of the list, not of the words
  useEffect(() => {
    if (telling === null || ids === "" || !notices.mayTell()) return;
    const known = notices.known();
    const fresh = open.filter(({ id }) => !known.includes(id));
    if (fresh.length === 0) return;
    notices.remember([...known, ...fresh.map(({ id }) => id)]);
    for (const alert of fresh) {
      const { message, advice } = telling.say(alert);
      notify(message, advice, alert.id);
    }
  }, [ids, telling === null]);
}
