import { createHmac } from "node:crypto";
import { type Channel, JSON_HEADERS, readStatus } from "../channel.ts";
import { jsonBody } from "../json-body.ts";

/**
 * JSON to any address. With a secret it is signed: `x-gpu-panel-signature` is `sha256=` and the HMAC-SHA256, in
 * hexadecimal, of `<x-gpu-panel-timestamp>.<body>`. `x-gpu-panel-delivery` is the same for every attempt.
 */
export const webhook: Channel = {
  write(message, text, { url, secret }, nowMs) {
    const body = jsonBody(message, text);
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
