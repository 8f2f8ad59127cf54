import { type Channel, JSON_HEADERS, readCode } from "../channel.ts";

/** The system is busy; too many requests. */
const BUSY: readonly number[] = [-1, 45_009, 45_033];
const LONGEST_BYTES = 2048;

/** WeCom's (WeChat Work's) group bots; their key is part of the address. */
export const wecom: Channel = {
  write: (_message, text, { url }) => ({
    url,
    headers: JSON_HEADERS,
    body: JSON.stringify({ msgtype: "text", text: { content: shorten(text) } }),
  }),
  read: (status, answer) => readCode(status, answer, BUSY),
};

function shorten(text: string): string {
  let short = text;
  while (Buffer.byteLength(short) > LONGEST_BYTES) short = short.slice(0, -16);
  return short;
}
