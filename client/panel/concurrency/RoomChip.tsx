import { fillIn } from "../../../shared/problems/fill-in.ts";
import { DASH } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";

/** How many more jobs fit, in a word. */
export function RoomChip({ canStart, title }: { canStart: number | null; title: string }) {
  const m = useMessages();
  const tone = canStart === null ? "unknown" : canStart === 0 ? "warning" : "accent";
  return (
    <span className="chip" data-tone={tone} title={title}>
      {canStart === null ? DASH : fillIn(m.concurrency.short, { n: canStart })}
    </span>
  );
}
