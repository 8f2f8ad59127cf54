import { alertsEn } from "../../../shared/health/en.ts";
import type { PastAlert } from "../../../shared/health/past-alert.ts";
import { wordsOfAlert } from "../../../shared/health/words.ts";
import { alertsZhCn } from "../../../shared/health/zh-cn.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { timeText } from "../time-text.ts";

/** What a receiver is told. `host` is the machine's name. */
export type Message =
  | { kind: "began" | "ended"; id: string; alert: PastAlert; host: string }
  | { kind: "test"; id: string; host: string };

export type NotifyLanguage = "en" | "zh-CN";

const WORDS = {
  en: {
    severity: { info: "Note", warning: "Warning", critical: "Critical" },
    began: "{severity} · {host}\n{sentence}",
    ended: "Over after {minutes} min · {host}\n{message}",
    test: "{host}: this is a test message of gpu-status-panel.",
  },
  "zh-CN": {
    severity: { info: "提示", warning: "警告", critical: "严重" },
    began: "{severity} · {host}\n{sentence}",
    ended: "已结束，持续 {minutes} 分钟 · {host}\n{message}",
    test: "{host}：这是 gpu-status-panel 的测试消息。",
  },
} as const;

/** The message as plain text. Pure. */
export function textOf(message: Message, language: NotifyLanguage): string {
  const words = WORDS[language];
  const { host } = message;
  if (message.kind === "test") return fillIn(words.test, { host });
  const { alert } = message;
  const catalog = language === "zh-CN" ? alertsZhCn : alertsEn;
  const said = wordsOfAlert(alert, catalog, timeText(alert.since, language));
  if (message.kind === "ended") {
    const minutes = Math.max(1, Math.round(((alert.endedAt ?? alert.since) - alert.since) / 60_000));
    return fillIn(words.ended, { minutes, host, message: said.message });
  }
  const sentence = `${said.message}${catalog.between}${said.advice}`;
  return fillIn(words.began, { severity: words.severity[alert.severity], host, sentence });
}
