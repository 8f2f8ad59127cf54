import { type Channel, JSON_HEADERS, readStatus } from "../channel.ts";

/** Slack's incoming webhooks. A name with `<!channel>` in it must not call everybody. */
export const slack: Channel = {
  write: (_message, text, { url }) => ({
    url,
    headers: JSON_HEADERS,
    body: JSON.stringify({
      text: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    }),
  }),
  read: readStatus,
};
