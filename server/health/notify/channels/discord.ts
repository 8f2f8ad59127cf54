import { type Channel, JSON_HEADERS, readStatus } from "../channel.ts";

const LONGEST = 2000;

/** Discord's webhooks; nobody is mentioned, whatever a name holds. */
export const discord: Channel = {
  write: (_message, text, { url }) => ({
    url,
    headers: JSON_HEADERS,
    body: JSON.stringify({ content: text.slice(0, LONGEST), allowed_mentions: { parse: [] } }),
  }),
  read: readStatus,
};
