import type { Language } from "./use-messages.ts";

/** 47 → "47 s", 150 → "3 min", 7300 → "2.0 h"; in Chinese "47 秒", "3 分钟", "2.0 小时". */
export function duration(seconds: number, language: Language): string {
  const units = language === "zh-CN" ? ["秒", "分钟", "小时"] : ["s", "min", "h"];
  if (seconds < 90) return `${Math.round(seconds)} ${units[0]}`;
  return seconds < 5400
    ? `${Math.round(seconds / 60)} ${units[1]}`
    : `${(seconds / 3600).toFixed(1)} ${units[2]}`;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** Epoch milliseconds as a time of day where the viewer is: "14:32", or "14:32:07". The one clock of the panel. */
export function clock(ms: number, language: Language, withSeconds = false): string {
  return new Date(ms).toLocaleTimeString(language, withSeconds ? { ...CLOCK, second: "2-digit" } : CLOCK);
}

/** The same with the date where that is not today's. */
export function moment(ms: number, language: Language, nowMs = Date.now()): string {
  const at = new Date(ms);
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock(ms, language);
  return `${at.toLocaleDateString(language, { month: "short", day: "numeric" })} ${clock(ms, language)}`;
}
