import type { Sample } from "../../shared/gpu/sample.ts";
import type { Changes } from "../../shared/protocol/events.ts";
import type { Json } from "../../shared/protocol/json-diff.ts";
import { encodeSample, type WireSample } from "../../shared/protocol/sample-codec.ts";
import type { TitleFigures } from "../../shared/protocol/title-figures.ts";
import type { View } from "../../shared/protocol/view.ts";
import type { PanelTimings } from "../timings.ts";
import { createHiddenNews } from "./hidden-news.ts";
import { type MessageBytes, messageBytes } from "./message-bytes.ts";
import type { Reader } from "./reader.ts";
import { createViewDifferences } from "./view-differences.ts";

/** Says once a turn what changed, with the same bytes to everybody. */
export interface Publisher {
  /** Those who watch get the sample and what changed, hidden ones what they need. */
  turn(sample: Pick<Sample, "seq" | "tMs" | "gpus"> | null): void;
  /** Something changed between two samples: said at once where somebody waits for it, else within a second. */
  changed(urgent: boolean): void;
  /** Holds nothing back, so that a hello may tell what everybody has. */
  publishAll(): void;
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
  /** Who else is told, beside viewers: each turn, and when everything is told anew. */
  others?: { turn(turn: PublishedTurn): void; anew(): void } | null;
  nowMs(): number;
  timings: PanelTimings;
}

/** What viewers were told in a turn, and all that they know by then. */
export interface PublishedTurn {
  sample: WireSample | null;
  changes: Changes | undefined;
  known: View;
}

export function createPublisher(context: PublisherContext): Publisher {
  const { view, watching, others, nowMs, timings } = context;
  const differences = createViewDifferences(context);
  const hidden = createHiddenNews(context);
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let publishedAtMs = Number.NEGATIVE_INFINITY;

  function publish(sample: Parameters<Publisher["turn"]>[0], all = false) {
    clearTimeout(timer);
    timer = undefined;
    publishedAtMs = nowMs();
    const changes = differences.next(all);
    const wire = sample === null ? null : encodeSample(sample.seq, sample.tMs, sample.gpus);
    const known = differences.known();
    if (wire !== null || changes !== undefined)
      deliver(watching(), nowMs(), { sample: wire, changes, known });
    if (known !== null) others?.turn({ sample: wire, changes, known });
    hidden.publish(known);
  }

  return {
    turn: publish,
    changed(urgent) {
      if (closed) return;
      if (urgent) return publish(null);
      const waitMs = Math.max(0, publishedAtMs + timings.jobsIntervalMs - nowMs());
      timer ??= setTimeout(() => publish(null), waitMs);
    },
    publishAll: () => publish(null, true),
    restart() {
      differences.restart(view());
      others?.anew();
      for (const reader of watching()) reader.caughtUp();
    },
    catchUp(reader) {
      publish(null);
      hidden.forget(reader);
      reader.caughtUp();
      reader.write(messageBytes("turn", null, wholeOf(differences.known())));
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** One message to everybody who is up to date, and everything to those who have missed turns; each encoded once. */
function deliver(
  readers: Iterable<Reader>,
  atMs: number,
  { sample, changes, known }: { sample: WireSample | null; changes: Changes | undefined; known: View | null },
) {
  let news: MessageBytes | undefined;
  let whole: MessageBytes | undefined;
  for (const reader of readers) {
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

function wholeOf(view: View | null): Changes {
  return Object.fromEntries(
    Object.entries(view ?? {}).map(([part, value]: [string, Json]) => [part, [value]]),
  );
}
