import { type Channel, JSON_HEADERS, readStatus } from "../channel.ts";

const LONGEST = 4096;

/** Telegram's `sendMessage`, also by a Bot API server of one's own; the bot's token is part of the address. Plain text: nothing in it is markup. */
export const telegram: Channel = {
  write: (_message, text, { url, secret = "", chat = "" }) => ({
    // Put together as text: as a relative address the token's colon would make a scheme of what is before it.
    url: `${url.replace(/\/$/, "")}/bot${secret}/sendMessage`,
    headers: JSON_HEADERS,
    body: JSON.stringify({
      chat_id: chat,
      text: text.slice(0, LONGEST),
      link_preview_options: { is_disabled: true },
    }),
  }),
  // What does not say `ok` is another server's.
  read(status, answer) {
    const taken = readStatus(status);
    return taken === "taken" && !/"ok"\s*:\s*true/.test(answer) ? "later" : taken;
  },
};
