import type { Message } from "./message.ts";

/** The message as `webhook` and `exec` get it. @param text the same in the receiver's language */
export function jsonBody(message: Message, text: string): string {
  return JSON.stringify(bodyOf(message, text));
}

function bodyOf(message: Message, text: string) {
  const { host } = message;
  if (message.kind === "test") return { event: "test", host, text };
  if (message.kind === "summary") return { event: "quiet-hours.over", host, counts: message.held, text };
  if (message.kind === "job") {
    const { id, profile, gpus, seconds, peakMiB } = message.job;
    return { event: message.event.replace("-", "."), id, host, profile, gpus, seconds, peakMiB, text };
  }
  const { id, rule, severity, gpu = null, since, endedAt, message: seen, advice, params } = message.alert;
  return {
    event: `alert.${message.kind}`,
    id,
    host,
    rule,
    severity,
    gpu,
    since: new Date(since).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
    message: seen,
    advice,
    params,
    text,
  };
}
