import type { TitleFigures } from "../../shared/capacity/title-figures.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { Changes } from "../../shared/protocol/events.ts";
import { difference, type Json } from "../../shared/protocol/json-diff.ts";
import { encodeSample } from "../../shared/protocol/sample-codec.ts";
import { VIEW_PARTS, type View } from "../../shared/protocol/view.ts";
import type { PanelTimings } from "../timings.ts";
import { heldBack } from "./hold-back.ts";
import { type MessageBytes, messageBytes } from "./message-bytes.ts";
import type { Reader } from "./reader.ts";

/** Says once a turn what changed, with the same bytes to everybody. */
export interface Publisher {
  /** Those who watch get the sample and what changed, hidden ones what they need. */
  turn(sample: Pick<Sample, "seq" | "tMs" | "gpus"> | null): void;
  /** Something changed between two samples: said at once where somebody waits for it, else within a second. */
  changed(urgent: boolean): void;
  /** The view that everybody has from now on: what changed is said, so that a hello may tell the same. */
  settle(): void;
  /** Everybody is told hello anew: what they had before is forgotten. */
  restart(): void;
  /** Everything, to a viewer that comes to watch. */
  catchUp(reader: Reader): void;
  close(): void;
}

export interface PublisherContext {
  /** Everything as it is now. */
  view(): View;
  watching(): Iterable<Reader>;
  hidden(): Iterable<Reader>;
  /** What the title of a page says. */
  title(): TitleFigures;
  nowMs(): number;
  timings: PanelTimings;
}

/** A tab in the background can still notify, and its release goes on. */
const HIDDEN_PARTS = ["alerts", "release"] as const;

export function createPublisher(context: PublisherContext): Publisher {
  const { view, watching, hidden, nowMs, timings } = context;
  let known: View | null = null;
  let hiddenText = "";
  /** The title that each hidden page has. */
  const titles = new WeakMap<Reader, string>();
  let titledAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let publishedAtMs = Number.NEGATIVE_INFINITY;
  const sentAtMs = {
    details: -timings.detailsIntervalMs,
    capacity: -timings.capacityIntervalMs,
    host: -timings.hostIntervalMs,
  };

  function look(all: boolean): Changes | undefined {
    const now = view();
    const before = known;
    const atMs = nowMs();
    const next =
      before === null || all
        ? now
        : heldBack(before, now, {
            details: atMs - sentAtMs.details >= timings.detailsIntervalMs,
            capacity: atMs - sentAtMs.capacity >= timings.capacityIntervalMs,
            host: atMs - sentAtMs.host >= timings.hostIntervalMs,
          });
    known = next;
    const changes = before === null ? undefined : changesOf(before, next);
    if (changes?.details !== undefined || changes?.processMiB !== undefined) sentAtMs.details = atMs;
    if (changes?.promises !== undefined || changes?.runs !== undefined) sentAtMs.capacity = atMs;
    if (changes?.host !== undefined) sentAtMs.host = atMs;
    return changes;
  }

  function publish(sample: Parameters<Publisher["turn"]>[0], all = false) {
    clearTimeout(timer);
    timer = undefined;
    publishedAtMs = nowMs();
    const changes = look(all);
    const wire = sample === null ? null : encodeSample(sample.seq, sample.tMs, sample.gpus);
    if (wire !== null || changes !== undefined) deliver(wire, changes);
    tellHidden();
    tellTitle();
  }

  function deliver(sample: ReturnType<typeof encodeSample> | null, changes: Changes | undefined) {
    let news: MessageBytes | undefined;
    let whole: MessageBytes | undefined;
    const atMs = nowMs();
    for (const reader of watching()) {
      if (reader.skips(atMs)) continue;
      if (reader.isBehind()) {
        whole ??= messageBytes("turn", sample, wholeOf(known));
        reader.caughtUp();
        reader.write(whole);
      } else {
        news ??= messageBytes("turn", sample, changes);
        reader.write(news);
      }
    }
  }

  function tellHidden() {
    if (known === null) return;
    const parts: Changes = Object.fromEntries(HIDDEN_PARTS.map((part) => [part, [known?.[part] ?? null]]));
    const text = JSON.stringify(parts);
    if (text === hiddenText) return;
    const isFirst = hiddenText === "";
    hiddenText = text;
    if (isFirst) return;
    const message = messageBytes("turn", null, parts);
    for (const reader of hidden()) if (!reader.skips(nowMs())) reader.write(message);
  }

  /** A hidden page that has been visible may have newer figures than it was told: it is told anew. */
  function tellTitle() {
    if (nowMs() - titledAtMs < timings.titleIntervalMs) return;
    const readers = [...hidden()];
    if (readers.length === 0) return;
    titledAtMs = nowMs();
    const title = context.title();
    const message = messageBytes("turn", null, { title: [title] } satisfies Changes);
    for (const reader of readers) {
      if (titles.get(reader) === message.packet || reader.skips(nowMs())) continue;
      titles.set(reader, message.packet);
      reader.write(message);
    }
  }

  return {
    turn: publish,
    changed(urgent) {
      if (closed) return;
      if (urgent) return publish(null);
      timer ??= setTimeout(
        () => publish(null),
        Math.max(0, publishedAtMs + timings.jobsIntervalMs - nowMs()),
      );
    },
    settle: () => publish(null, true),
    restart() {
      known = view();
      for (const reader of watching()) reader.caughtUp();
    },
    catchUp(reader) {
      publish(null);
      titles.delete(reader);
      reader.caughtUp();
      reader.write(messageBytes("turn", null, wholeOf(known)));
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function changesOf(before: View, after: View): Changes | undefined {
  const parts = VIEW_PARTS.flatMap((part) => {
    const change = difference(before[part], after[part]);
    return change === undefined ? [] : [[part, change] as const];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

function wholeOf(view: View | null): Changes {
  return Object.fromEntries(
    Object.entries(view ?? {}).map(([part, value]: [string, Json]) => [part, [value]]),
  );
}
