import { createHmac } from "node:crypto";
import { type Channel, JSON_HEADERS, readCode } from "../channel.ts";

/** The system is busy; too many messages. */
const BUSY: readonly number[] = [-1, 130_101, 130_102, 410_100, 660_026];

/** DingTalk's custom bots. Signed: `timestamp` (ms) and `sign` in the address, the HMAC of `<ms>\n<secret>`. */
export const dingtalk: Channel = {
  write(_message, text, { url, secret }, nowMs) {
    const signed = new URL(url);
    if (secret !== undefined) {
      const timestamp = String(Math.floor(nowMs));
      const sign = createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
      signed.searchParams.set("timestamp", timestamp);
      signed.searchParams.set("sign", sign);
    }
    return {
      url: signed.href,
      headers: JSON_HEADERS,
      body: JSON.stringify({ msgtype: "text", text: { content: text } }),
    };
  },
  read: (status, answer) => readCode(status, answer, BUSY),
};
