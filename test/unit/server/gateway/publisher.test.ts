import { EventEmitter } from "node:events";
import * as v from "valibot";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readChanges } from "../../../../client/connection/read-changes.ts";
import type { MessageBytes } from "../../../../server/gateway/message-bytes.ts";
import { createPublisher } from "../../../../server/gateway/publisher.ts";
import { type Connection, createReader } from "../../../../server/gateway/reader.ts";
import { createViewers } from "../../../../server/gateway/viewers.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import { changesSchema } from "../../../../shared/protocol/messages.ts";
import type { TitleFigures } from "../../../../shared/protocol/title-figures.ts";
import { type View, viewOf } from "../../../../shared/protocol/view.ts";
import { sidecar } from "../../client/store/small-sidecar.ts";

const readerOf = (connection: Connection) => createReader(connection, TIMINGS.patience.unreadMs);

const ALERT = {
  id: "x",
  rule: "leak",
  severity: "info",
  since: 1,
  message: "m",
  advice: "",
  params: {},
  acknowledged: false,
  mutedUntil: null,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const packetSchema = v.tuple([
  v.literal("turn"),
  v.nullable(v.array(v.nullable(v.number()))),
  v.optional(changesSchema),
]);

/** A connection that takes what is written as long as it reads. */
function connection() {
  const events = new EventEmitter();
  const sent: MessageBytes[] = [];
  let waiting: MessageBytes[] = [];
  const closed = vi.fn();
  const transport = {
    name: "websocket",
    writable: true,
    send: (packets: MessageBytes["packets"]) => {
      for (const { data, options } of packets) sent.push({ packet: data, options, packets: [] });
    },
  };
  const flush = () => {
    events.emit("flush");
    sent.push(...waiting);
    waiting = [];
  };
  return {
    readyState: "open",
    transport,
    sent,
    closed,
    on: (event: string, listener: (packet: { data?: unknown }) => void) => events.on(event, listener),
    write(packet: string, options: MessageBytes["options"]) {
      events.emit("packetCreate", { data: packet });
      waiting.push({ packet, options, packets: [] });
      if (transport.writable) flush();
    },
    close: closed,
    readsAgain() {
      transport.writable = true;
      flush();
    },
  };
}

function machine() {
  const hello = () => {
    const server = sidecar(1000);
    server.sample();
    const event = server.hello(0);
    if (event.type !== "hello") throw new Error("hello expected");
    return event.hello;
  };
  const { state } = hello();
  let now: View = viewOf({ ...state, profiles: [] });
  let title: TitleFigures = [40, 1, 2];
  const viewers = createViewers(10, () => {});
  const publisher = createPublisher({
    ...viewers,
    view: () => now,
    title: () => title,
    nowMs: () => performance.now(),
    timings: TIMINGS.panel,
  });
  let seq = 0;
  publisher.publishAll();
  return {
    viewers,
    publisher,
    set(part: Partial<View>) {
      now = { ...now, ...part };
    },
    setTitle(figures: TitleFigures) {
      title = figures;
    },
    view: () => now,
    turn() {
      vi.advanceTimersByTime(1000);
      publisher.turn({ seq: ++seq, tMs: seq * 1000, gpus: state.gpus });
    },
  };
}

const partsOf = ({ packet }: MessageBytes) => Object.keys(JSON.parse(packet.slice(1))[2] ?? {});

/** What a viewer has after these messages. */
function read(from: View, messages: readonly MessageBytes[]) {
  let view = from;
  const seqs: number[] = [];
  for (const { packet } of messages) {
    const [, sample, changes] = v.parse(packetSchema, JSON.parse(packet.slice(1)));
    if (sample?.[0] != null) seqs.push(sample[0]);
    const next = readChanges(view, changes ?? {});
    if (next === null) throw new Error(`cannot be read: ${packet}`);
    view = next.view;
  }
  return { view, seqs };
}

test("WIRE-9 WIRE-9c all who watch get the same bytes, and who applies them has what the sidecar has", () => {
  const { viewers, publisher, set, view, turn } = machine();
  const from = view();
  const [a, b] = [connection(), connection()];
  viewers.add("a", readerOf(a), true);
  viewers.add("b", readerOf(b), true);
  turn();
  set({
    alerts: [ALERT],
  });
  turn();
  turn();
  expect(a.sent).toHaveLength(3);
  const frameOf = ({ options }: MessageBytes) => options.wsPreEncodedFrame;
  for (const [i, message] of a.sent.entries())
    expect(frameOf(message)).toBe(b.sent[i]?.options.wsPreEncodedFrame);
  expect(read(from, a.sent)).toEqual({ view: view(), seqs: [1, 2, 3] });
  publisher.close();
});

test("WIRE-10 WIRE-10b a viewer that does not read skips turns, gets everything of now when it reads again, and is cut off if it never does", () => {
  const { viewers, set, view, turn } = machine();
  const from = view();
  const slow = connection();
  viewers.add("slow", readerOf(slow), true);
  slow.transport.writable = false;
  for (let i = 1; i <= 40; i++) {
    set({ processMiB: [[1000 * i]] });
    turn();
  }
  slow.readsAgain();
  turn();
  const { view: seen, seqs } = read(from, slow.sent);
  expect(seqs).toEqual([...Array.from({ length: 16 }, (_, i) => i + 1), 41]);
  expect(seen).toEqual(view());
  expect(slow.closed).not.toHaveBeenCalled();
  slow.transport.writable = false;
  for (let i = 0; i < 90; i++) turn();
  expect(slow.closed).toHaveBeenCalledWith(true);
});

test("WIRE-10b one that asks and asks and never reads is cut off beyond about 1 MiB", async () => {
  const { viewers } = machine();
  const greedy = connection();
  viewers.add("greedy", readerOf(greedy), false);
  greedy.transport.writable = false;
  const answer = {
    packet: "x".repeat(100_000),
    options: { compress: false as const, wsPreEncodedFrame: [] },
    packets: [],
  };
  for (let i = 0; i < 11; i++) greedy.write(answer.packet, answer.options);
  await Promise.resolve();
  expect(greedy.closed).not.toHaveBeenCalled();
  greedy.write(answer.packet, answer.options);
  await Promise.resolve();
  expect(greedy.closed).toHaveBeenCalledWith(true);
});

test("WIRE-3 WIRE-3b a hidden viewer gets alerts and the release, no samples, and everything when it watches again", () => {
  const { viewers, publisher, set, view, turn } = machine();
  const from = view();
  const hidden = connection();
  const reader = readerOf(hidden);
  viewers.add("hidden", reader, false);
  turn();
  turn();
  expect(hidden.sent.map(partsOf)).toEqual([["title"]]);
  set({ backends: [], processMiB: [[5]], alerts: [] });
  const { release } = view();
  set({ release: { ...Object(release), state: "calling" } });
  publisher.changed(true);
  expect(read(from, hidden.sent).view.release).toMatchObject({ state: "calling" });
  expect(viewers.setWatching("hidden", true)).toBe(true);
  publisher.catchUp(reader);
  expect(read(from, hidden.sent).view).toEqual(view());
});

test("WIRE-3c a hidden viewer gets the figures of its title, when they change and every 5 s at most", () => {
  const { viewers, publisher, setTitle, turn } = machine();
  const [early, late] = [connection(), connection()];
  const reader = readerOf(early);
  viewers.add("early", reader, false);
  const titles = ({ sent }: typeof early) =>
    sent.map(({ packet }) => JSON.parse(packet.slice(1))).map(([, sample, { title }]) => [sample, title]);
  for (let second = 0; second < 20; second++) turn();
  expect(titles(early)).toEqual([[null, [[40, 1, 2]]]]);
  for (let second = 0; second < 20; second++) {
    setTitle([40 + second, null, 2]);
    turn();
  }
  expect(titles(early)).toHaveLength(5);
  viewers.add("late", readerOf(late), false);
  for (let second = 0; second < 10; second++) turn();
  expect(titles(late)).toEqual([[null, [[59, null, 2]]]]);
  const before = titles(early).length;
  expect(titles(early).at(-1)).toEqual([null, [[59, null, 2]]]);
  // What it saw in between may be newer than what it was told last.
  viewers.setWatching("early", true);
  publisher.catchUp(reader);
  viewers.setWatching("early", false);
  for (let second = 0; second < 10; second++) turn();
  expect(titles(early).slice(before + 1)).toEqual([[null, [[59, null, 2]]]]);
});

test("WIRE-11 WIRE-11b what nobody can see change is not sent, and what is seldom looked at every 5 s", () => {
  const { viewers, set, view, turn } = machine();
  const watcher = connection();
  viewers.add("w", readerOf(watcher), true);
  set({ processMiB: [[10_000]] });
  for (let i = 0; i < 6; i++) turn();
  const before = watcher.sent.length;
  set({ processMiB: [[10_010]] });
  for (let i = 0; i < 10; i++) turn();
  expect(watcher.sent.slice(before).flatMap(partsOf)).toEqual([]);
  set({ processMiB: [[12_000]] });
  for (let i = 0; i < 10; i++) {
    set({ processMiB: [[12_000 + i * 500]] });
    turn();
  }
  const told = watcher.sent.slice(before).filter((message) => partsOf(message).includes("processMiB"));
  expect(told.length).toBeLessThanOrEqual(3);
  expect(view().processMiB).toEqual([[16_500]]);
});

test("CAP-28 what changed between samples is told at once and then once a second at most, and the last state always", () => {
  const { viewers, publisher, set, view } = machine();
  const from = view();
  const panel = connection();
  viewers.add("a", readerOf(panel), true);
  let since = 0;
  const change = () => {
    set({ alerts: [{ ...ALERT, since: ++since }] });
    publisher.changed(false);
  };
  vi.advanceTimersByTime(1000);
  for (let i = 0; i < 5; i++) change();
  vi.advanceTimersByTime(0);
  expect(panel.sent).toHaveLength(1);
  change();
  vi.advanceTimersByTime(999);
  expect(panel.sent).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(panel.sent).toHaveLength(2);
  expect(read(from, panel.sent).view).toEqual(view());
  vi.advanceTimersByTime(5000);
  expect(panel.sent).toHaveLength(2);
  change();
  publisher.close();
  vi.advanceTimersByTime(5000);
  expect(panel.sent).toHaveLength(2);
});
