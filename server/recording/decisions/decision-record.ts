import { decodeSegment } from "./decoder.ts";
import { createEncoder, type SegmentEncoder } from "./encoder.ts";
import { type DecisionInput, toTick } from "./input.ts";
import type { SegmentPart, SegmentStore } from "./store.ts";

/** What decisions on room were made from, in the order in which it came. */
export interface DecisionRecord {
  /** Its time is rounded to a tenth of a second. */
  add(input: DecisionInput): void;
  /** Writes to disk what is not there yet; to be called once a minute. */
  flush(): void;
  /**
   * The inputs of a stretch of time, from up to an hour before it: a segment begins with what stood then (GPUs, lists of
   * processes, backends, jobs), so that a reader knows what stood when the stretch begins.
   */
  read(fromMs: number, toMs: number): AsyncIterable<DecisionInput>;
  close(): void;
}

export interface DecisionRecordOptions {
  store: SegmentStore;
  /** What stands now, said anew where a segment begins: each can be read without the ones before. */
  standing(): DecisionInput[];
  /** What is kept in memory while the disk does not take it, in bytes. */
  mostWaiting?: number;
}

/** A reader has to begin at a segment's beginning. */
const SEGMENT_MS = 3_600_000;
const INPUTS_A_TURN = 2000;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

interface OpenSegment {
  id: number;
  startMs: number;
  encoder: SegmentEncoder;
  parts: number;
  /** Times of what its next part holds. */
  fromMs: number;
  toMs: number;
}

export function createDecisionRecord({
  store,
  standing,
  mostWaiting = MOST_WAITING_BYTES,
}: DecisionRecordOptions): DecisionRecord {
  let open: OpenSegment | null = null;
  let lastId = 0;
  let waiting: SegmentPart[] = [];

  function begin(atMs: number): OpenSegment {
    // Names stay in order also when the clock is set back while the sidecar runs.
    lastId = Math.max(lastId + 1, atMs);
    const encoder = createEncoder(atMs);
    const all = standing();
    encoder.add({ kind: "note", atMs, note: { topic: "standing", count: all.length } });
    for (const input of all) encoder.add({ ...input, atMs });
    return { id: lastId, startMs: atMs, encoder, parts: 0, fromMs: atMs, toMs: atMs };
  }

  function cut(segment: OpenSegment, whole: boolean) {
    const bytes = segment.encoder.take(whole);
    const { id, startMs, fromMs, toMs } = segment;
    // What goes on being equal is told when it ends; until then nothing is written.
    if (bytes.length === 0) return;
    waiting.push({ segment: id, part: segment.parts++, startMs, fromMs, toMs, bytes });
    segment.fromMs = toMs;
  }

  /** Gives up the oldest segment: without its beginning the rest of it says nothing. */
  function limit() {
    const size = () => waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    while (size() > mostWaiting) {
      const oldest = waiting[0]?.segment;
      waiting = waiting.filter(({ segment }) => segment !== oldest);
      if (open?.id === oldest) open = null;
    }
  }

  function flush(whole = false) {
    if (open !== null) cut(open, whole);
    if (waiting.length > 0 && store.write(waiting)) waiting = [];
    else limit();
  }

  function* inputsOf(id: number): Generator<DecisionInput> {
    const parts = [...store.parts(id), ...waiting.filter(({ segment }) => segment === id)];
    const [first] = parts;
    if (first === undefined) return;
    try {
      yield* decodeSegment(first.startMs, Buffer.concat(parts.map(({ bytes }) => bytes)));
    } catch (error) {
      // What stands before the fault is right; the next segment begins anew.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  return {
    add(input) {
      const atMs = toTick(input.atMs);
      if (open !== null && Math.abs(atMs - open.startMs) >= SEGMENT_MS) {
        cut(open, true);
        open = null;
      }
      open ??= begin(atMs);
      open.encoder.add({ ...input, atMs });
      open.fromMs = Math.min(open.fromMs, atMs);
      open.toMs = Math.max(open.toMs, atMs);
    },
    flush,
    async *read(fromMs, untilMs) {
      // What came in the last moment may stand under the tick that comes.
      const toMs = toTick(untilMs);
      flush(true);
      const unwritten = waiting.filter((part) => part.toMs >= fromMs && part.fromMs <= toMs);
      const ids = new Set([...store.find(fromMs, toMs), ...unwritten.map(({ segment }) => segment)]);
      let isFirst = true;
      for (const id of ids) {
        let repeated = 0;
        let count = 0;
        for (const input of inputsOf(id)) {
          // A long stretch must not hold the samples up.
          if (++count % INPUTS_A_TURN === 0) await new Promise(setImmediate);
          if (input.kind === "note" && input.note.topic === "standing") repeated = input.note.count;
          else if (repeated > 0 && !isFirst) repeated--;
          else if (input.atMs <= toMs) yield input;
        }
        isFirst = false;
      }
    },
    close() {
      flush(true);
      store.close();
    },
  };
}
