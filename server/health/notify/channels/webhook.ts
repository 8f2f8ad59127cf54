import { createHmac } from "node:crypto";
import { type Channel, JSON_HEADERS, readStatus } from "../channel.ts";
import type { Message } from "../message.ts";

/**
 * JSON to any address. With a secret it is signed: `x-gpu-panel-signature` is `sha256=` and the HMAC-SHA256, in
 * hexadecimal, of `<x-gpu-panel-timestamp>.<body>`. `x-gpu-panel-delivery` is the same for every attempt.
 */
export const webhook: Channel = {
  write(message, text, { url, secret }, nowMs) {
    const body = JSON.stringify(bodyOf(message, text));
    const timestamp = String(Math.floor(nowMs / 1000));
    const headers = {
      ...JSON_HEADERS,
      "x-gpu-panel-timestamp": timestamp,
      "x-gpu-panel-delivery": message.id,
    };
    if (secret === undefined) return { url, headers, body };
    const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    return { url, headers: { ...headers, "x-gpu-panel-signature": `sha256=${signature}` }, body };
  },
  read: readStatus,
};

function bodyOf(message: Message, text: string) {
  if (message.kind === "test") return { event: "test", host: message.host, text };
  const { id, rule, severity, gpu = null, since, endedAt, message: seen, advice, params } = message.alert;
  return {
    event: `alert.${message.kind}`,
    id,
    host: message.host,
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
