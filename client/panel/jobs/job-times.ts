import type { Language } from "../../i18n/use-messages.ts";

/** 47 → "47 s", 150 → "3 min", 7300 → "2.0 h". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Epoch milliseconds as a time of day where the viewer is: "14:32". */
export function clock(ms: number, language: Language): string {
  return new Date(ms).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hour12: false });
}
