import { alertsEn } from "../../../shared/health/en.ts";
import type { PastAlert } from "../../../shared/health/past-alert.ts";
import { wordsOfAlert } from "../../../shared/health/words.ts";
import { alertsZhCn } from "../../../shared/health/zh-cn.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { JobEvent } from "../../config/notify-options.ts";
import { timeText } from "../time-text.ts";
import { HELD_KINDS, type Held } from "./quiet.ts";

/**
 * What receivers are told of a job. Its label is not in it: hosts put prompts there, and what is sent is read on
 * other people's servers.
 */
export interface ToldJob {
  id: string;
  profile: string | null;
  gpus: readonly number[];
  /** How long it has run; while it waits, how long it has waited. */
  seconds: number;
  /** Peak that it measured, MiB. */
  peakMiB: number | null;
}

/** What a receiver is told. `host` is the machine's name. */
export type Message = { id: string; host: string } & (
  | { kind: "began" | "ended"; alert: PastAlert }
  | { kind: "job"; event: JobEvent; job: ToldJob }
  /** Quiet hours are over. */
  | { kind: "summary"; held: Held }
  | { kind: "test" }
);

export type NotifyLanguage = "en" | "zh-CN";

const WORDS = {
  en: {
    severity: { info: "Note", warning: "Warning", critical: "Critical" },
    began: "{severity} · {host}\n{sentence}",
    ended: "Over after {minutes} min · {host}\n{message}",
    test: "{host}: this is a test message of gpu-status-panel.",
    event: {
      "job-done": "Job done",
      "job-failed": "Job failed",
      "job-out-of-memory": "Job ran out of memory",
      "job-waiting": "Job still waits",
    },
    named: "{profile}, job {id}",
    byId: "Job {id}",
    on: " on GPU {gpus}",
    ran: ": ran {time}",
    waited: ": has waited {time}",
    peak: ", peak {gib} GiB",
    seconds: "{n} s",
    minutes: "{n} min",
    listed: ", ",
    summary: "Quiet hours are over · {host}\nMeanwhile: {counts}.",
    held: {
      "job-done": "{n} done",
      "job-failed": "{n} failed",
      "job-out-of-memory": "{n} out of memory",
      "job-waiting": "{n} waited long",
      alerts: "alerts: {n}",
    },
  },
  "zh-CN": {
    severity: { info: "提示", warning: "警告", critical: "严重" },
    began: "{severity} · {host}\n{sentence}",
    ended: "已结束，持续 {minutes} 分钟 · {host}\n{message}",
    test: "{host}：这是 gpu-status-panel 的测试消息。",
    event: {
      "job-done": "任务完成",
      "job-failed": "任务失败",
      "job-out-of-memory": "任务显存不足",
      "job-waiting": "任务仍在等待",
    },
    named: "{profile}，任务 {id}",
    byId: "任务 {id}",
    on: "，GPU {gpus}",
    ran: "：运行了 {time}",
    waited: "：已等待 {time}",
    peak: "，峰值 {gib} GiB",
    seconds: "{n} 秒",
    minutes: "{n} 分钟",
    listed: "，",
    summary: "免打扰时段已结束 · {host}\n期间：{counts}。",
    held: {
      "job-done": "完成 {n} 个任务",
      "job-failed": "失败 {n} 个",
      "job-out-of-memory": "显存不足 {n} 个",
      "job-waiting": "久等 {n} 个",
      alerts: "告警 {n} 条",
    },
  },
} as const;
type Words = (typeof WORDS)[NotifyLanguage];

/** The message as plain text, what it is about in its first line. Pure. */
export function textOf(message: Message, language: NotifyLanguage): string {
  const words = WORDS[language];
  const { host } = message;
  switch (message.kind) {
    case "test":
      return fillIn(words.test, { host });
    case "job":
      return `${words.event[message.event]} · ${host}\n${jobText(message.event, message.job, words)}`;
    case "summary": {
      const counts = HELD_KINDS.filter((kind) => message.held[kind] > 0);
      const said = counts.map((kind) => fillIn(words.held[kind], { n: message.held[kind] }));
      return fillIn(words.summary, { host, counts: said.join(words.listed) });
    }
    default:
      return alertText(message, language);
  }
}

function alertText(message: Extract<Message, { kind: "began" | "ended" }>, language: NotifyLanguage): string {
  const words = WORDS[language];
  const { alert, host } = message;
  const catalog = language === "zh-CN" ? alertsZhCn : alertsEn;
  const said = wordsOfAlert(alert, catalog, timeText(alert.since, language));
  if (message.kind === "ended") {
    const minutes = Math.max(1, Math.round(((alert.endedAt ?? alert.since) - alert.since) / 60_000));
    return fillIn(words.ended, { minutes, host, message: said.message });
  }
  const sentence = `${said.message}${catalog.between}${said.advice}`;
  return fillIn(words.began, { severity: words.severity[alert.severity], host, sentence });
}

function jobText(event: JobEvent, { id, profile, gpus, seconds, peakMiB }: ToldJob, words: Words): string {
  const short = id.slice(0, 8);
  const name =
    profile === null ? fillIn(words.byId, { id: short }) : fillIn(words.named, { profile, id: short });
  const on = gpus.length === 0 ? "" : fillIn(words.on, { gpus: gpus.join(words.listed) });
  const time =
    seconds < 90
      ? fillIn(words.seconds, { n: Math.round(seconds) })
      : fillIn(words.minutes, { n: Math.round(seconds / 60) });
  const told = fillIn(event === "job-waiting" ? words.waited : words.ran, { time });
  const peak = peakMiB === null ? "" : fillIn(words.peak, { gib: (peakMiB / 1024).toFixed(1) });
  return name + on + told + peak;
}

/** What is told of a job. Pure. @param nowMs by the clock of the job's own times */
export function toldJob(job: Job, peakMiB: number | null, nowMs: number): ToldJob {
  const { id, profile, gpus, requestedAt, startedAt, endedAt } = job;
  const fromMs = startedAt ?? requestedAt;
  return { id, profile, gpus, seconds: Math.max(0, ((endedAt ?? nowMs) - fromMs) / 1000), peakMiB };
}
