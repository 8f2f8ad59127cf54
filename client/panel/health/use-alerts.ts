import { useContext } from "react";
import type { Alert } from "../../../shared/health/alert.ts";
import { type AlertWords, wordsOfAlert } from "../../../shared/health/words.ts";
import { moment } from "../../i18n/durations.ts";
import type { HealthWords } from "../../i18n/health/words.ts";
import { useLaterWords } from "../../i18n/use-messages.ts";
import { LookContext } from "../settings/look.ts";

/** How alerts are told in the panel's language. */
export interface AlertTelling {
  words: HealthWords;
  between: string;
  /** What is seen since when, and what to do. */
  say(alert: Alert): AlertWords;
  /** A moment as it is read here: the time, and the date where it is not today's. */
  time(epochMs: number): string;
}

/** `null` until the words have come. */
export function useAlertTelling(): AlertTelling | null {
  const later = useLaterWords();
  const { language } = useContext(LookContext);
  if (later === null) return null;
  const time = (epochMs: number) => moment(epochMs, language);
  return {
    words: later.health,
    between: later.alerts.between,
    say: (alert) => wordsOfAlert(alert, later.alerts, time(alert.since)),
    time,
  };
}

/** True for an alert that still wants to be seen. */
export const isOpen = ({ acknowledged, mutedUntil }: Alert) => !acknowledged && mutedUntil === null;

const RANK = { critical: 0, warning: 1, info: 2 } as const;

/** The gravest first, then the newest. */
export function inOrder(alerts: readonly Alert[]): Alert[] {
  const rank = (alert: Alert) => (isOpen(alert) ? 0 : 10) + RANK[alert.severity];
  return [...alerts].sort((a, b) => rank(a) - rank(b) || b.since - a.since);
}

/** Class of a severity's colour. */
export const toneOf = ({ severity }: Pick<Alert, "severity">) =>
  severity === "critical" ? "full" : severity === "warning" ? "warm" : "muted";
