import type { Changes } from "../../shared/protocol/events.ts";
import type { TitleFigures } from "../../shared/protocol/title-figures.ts";
import type { View } from "../../shared/protocol/view.ts";
import type { PanelTimings } from "../timings.ts";
import { messageBytes } from "./message-bytes.ts";
import type { Reader } from "./reader.ts";

/** What hidden pages are told: a tab in the background can still notify, its release goes on, and its title has figures. */
export interface HiddenNews {
  publish(known: View | null): void;
  /** Forgets the title of a page that has been visible: it may have newer figures, and is told anew. */
  forget(reader: Reader): void;
}

const PARTS = ["alerts", "release"] as const;

export function createHiddenNews({
  hidden,
  title,
  nowMs,
  timings,
}: {
  hidden(): Iterable<Reader>;
  title(): TitleFigures;
  nowMs(): number;
  timings: Pick<PanelTimings, "titleIntervalMs">;
}): HiddenNews {
  let told = "";
  /** The title that each page has. */
  const titles = new WeakMap<Reader, string>();
  let titledAtMs = Number.NEGATIVE_INFINITY;

  function tellParts(known: View) {
    const parts: Changes = Object.fromEntries(PARTS.map((part) => [part, [known[part] ?? null]]));
    const text = JSON.stringify(parts);
    if (text === told) return;
    const isFirst = told === "";
    told = text;
    if (isFirst) return;
    const message = messageBytes("turn", null, parts);
    for (const reader of hidden()) if (!reader.skips(nowMs())) reader.write(message);
  }

  function tellTitle() {
    if (nowMs() - titledAtMs < timings.titleIntervalMs) return;
    const readers = [...hidden()];
    if (readers.length === 0) return;
    titledAtMs = nowMs();
    const message = messageBytes("turn", null, { title: [title()] } satisfies Changes);
    for (const reader of readers) {
      if (titles.get(reader) === message.packet || reader.skips(nowMs())) continue;
      titles.set(reader, message.packet);
      reader.write(message);
    }
  }

  return {
    publish(known) {
      if (known !== null) tellParts(known);
      tellTitle();
    },
    forget: (reader) => titles.delete(reader),
  };
}
