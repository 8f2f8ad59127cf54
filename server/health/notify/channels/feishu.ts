import { createHmac } from "node:crypto";
import { type Channel, JSON_HEADERS, readCode } from "../channel.ts";

/** Too many requests. */
const BUSY: readonly number[] = [9499, 11232];

/** Feishu's (Lark's) custom bots. Signed: the key is `<seconds>\n<secret>` and nothing is hashed with it. */
export const feishu: Channel = {
  write(_message, text, { url, secret }, nowMs) {
    const content = { msg_type: "text", content: { text } };
    const timestamp = String(Math.floor(nowMs / 1000));
    const sign =
      secret === undefined
        ? {}
        : { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64") };
    return { url, headers: JSON_HEADERS, body: JSON.stringify({ ...sign, ...content }) };
  },
  read: (status, answer) => readCode(status, answer, BUSY),
};
