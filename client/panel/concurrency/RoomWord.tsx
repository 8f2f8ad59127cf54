import { fillIn } from "../../../shared/problems/fill-in.ts";
import { DASH } from "../../i18n/format.ts";
import type { Messages } from "../../i18n/messages.ts";
import { useMessages } from "../../i18n/use-messages.ts";

/** "+2 jobs", "no room" or a dash. */
export function roomWord(n: number | null, room: Messages["concurrency"]["room"]): string {
  if (n === null) return DASH;
  return n === 0 ? room.none : fillIn(n === 1 ? room.one : room.more, { n });
}

/** How many more jobs fit, in a word. */
export function RoomWord({ canStart }: { canStart: number | null }) {
  const m = useMessages();
  return (
    <span className={(canStart ?? 0) > 0 ? "calm strong" : "muted"}>
      {roomWord(canStart, m.concurrency.room)}
    </span>
  );
}
