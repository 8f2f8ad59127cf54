import { type Channel, JSON_HEADERS, readCode } from "../channel.ts";
import { shortened } from "../shortened.ts";

/** The system is busy; too many requests. */
const BUSY: readonly number[] = [-1, 45_009, 45_033];
const LONGEST_BYTES = 2048;

/** WeCom's (WeChat Work's) group bots; their key is part of the address. */
export const wecom: Channel = {
  write: (_message, text, { url }) => ({
    url,
    headers: JSON_HEADERS,
    body: JSON.stringify({ msgtype: "text", text: { content: shortened(text, LONGEST_BYTES) } }),
  }),
  read: (status, answer) => readCode(status, answer, BUSY),
};
