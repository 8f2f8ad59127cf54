import { type Channel, JSON_HEADERS, readStatus } from "../channel.ts";
import type { Message } from "../message.ts";
import { shortened } from "../shortened.ts";

/** Above that ntfy makes a file of a message. */
const LONGEST_BYTES = 4000;

/** ntfy, published as JSON to the server's root; the topic stands at the end of the address. A secret is an access token. */
export const ntfy: Channel = {
  write(message, text, { url, secret }) {
    const root = new URL(url);
    const path = root.pathname.split("/");
    const topic = path.pop() ?? "";
    root.pathname = `${path.join("/")}/`;
    const [title = "", ...rest] = text.split("\n");
    const said = rest.length === 0 ? { message: title } : { title, message: rest.join("\n") };
    return {
      url: root.href,
      headers: secret === undefined ? JSON_HEADERS : { ...JSON_HEADERS, authorization: `Bearer ${secret}` },
      body: JSON.stringify({
        topic,
        ...said,
        message: shortened(said.message, LONGEST_BYTES),
        priority: priorityOf(message),
      }),
    };
  },
  // A page of HTML with 200 is another server's.
  read(status, answer) {
    const taken = readStatus(status);
    return taken === "taken" && !answer.trimStart().startsWith("{") ? "later" : taken;
  },
};

/** 3 is usual, 5 rings through. */
function priorityOf(message: Message): number {
  if (message.kind !== "began") return 3;
  return { info: 3, warning: 4, critical: 5 }[message.alert.severity];
}
