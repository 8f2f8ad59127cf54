import { steadyMs } from "../lib/clock.ts";
import { reasonOf } from "../lib/reason-of.ts";
import type { GroupTimings } from "../timings.ts";
import type { SealedEntry } from "./entry.ts";
import type { RedisClient } from "./redis-client.ts";

/** The way to the others and back over Redis. Nobody waits for it. */
export interface RedisLink {
  start(): void;
  /** Sends an entry; false: it cannot now. @param isWhole it is kept, once for each host, for those who come later or have missed something */
  send(entry: SealedEntry, isWhole: boolean): boolean;
  /** What was heard has a gap: it is all read once more. */
  readAgain(): void;
  close(): Promise<void>;
}

export interface RedisLinkContext {
  url: string;
  group: string;
  /** The own host's id. */
  own: string;
  /** @param ageMs how long it has lain in Redis, by the clock of Redis */
  heard(entry: SealedEntry, ageMs: number): void;
  /** Redis can be reached (`null`) or not, and why. */
  status(reason: string | null): void;
  /** An entry was not taken. */
  lost(): void;
  /** Redis takes what is sent (`null`), or answers that it does not, and why. */
  written(reason: string | null): void;
  timings: Pick<GroupTimings, "retryMs" | "redisSilenceMs" | "redisPingMs" | "wholeMs" | "goneMs">;
}

/** What is read behind the kept entries, of the 256 hosts that are shown at most: so long do turns stand there. */
export const STREAM_LENGTH = 5000;
const READ_AT_ONCE = 500;
const READ_WAIT_MS = 1000;
/** More are not sent before Redis has taken these: it hangs, or is too slow. */
const MOST_UNDER_WAY = 8;
/** So late may a whole entry be at most. */
const SPARE_MS = 5000;

export function createRedisLink(context: RedisLinkContext): RedisLink {
  const { url, group, own, status, lost, written, timings } = context;
  const names = namesOf(group);
  const keepS = Math.max(1, Math.ceil(timings.goneMs / 1000));
  let writer: RedisClient | null = null;
  let listener: Listener | null = null;
  let closed = false;
  let underWay = 0;

  async function begin() {
    const { createRedisClient } = await import("./redis-client.ts");
    if (closed) return;
    const limits = {
      retryMs: timings.retryMs,
      silenceMs: timings.redisSilenceMs,
      pingMs: timings.redisPingMs,
    };
    writer = createRedisClient(url, { ready: lost, away: lost }, limits);
    const reader = createRedisClient(url, { ready: () => listener?.readAgain(), away: status }, limits);
    listener = listen(reader, names, context);
    writer.connect();
    reader.connect();
  }

  function refused(error: unknown) {
    lost();
    if (writer?.isReady() === true) written(reasonOf(error));
  }

  return {
    start: () => void begin().catch((error: unknown) => status(reasonOf(error))),
    send({ body, mac }, isWhole) {
      const client = writer;
      if (client === null || !client.isReady() || underWay >= MOST_UNDER_WAY) return false;
      underWay++;
      const sent = isWhole
        ? client.keep(
            names.keyOf(own),
            `${mac}\n${body}`,
            { set: names.hosts, stream: names.stream },
            own,
            keepS,
          )
        : client.add(names.stream, { e: body, m: mac }, STREAM_LENGTH);
      void sent
        .then(() => written(null), refused)
        .finally(() => {
          underWay--;
        });
      return true;
    },
    readAgain: () => listener?.readAgain(),
    async close() {
      closed = true;
      writer?.close();
      await listener?.close();
    },
  };
}

function namesOf(group: string) {
  const base = `gpu-panel:${group}`;
  return { stream: `${base}:turns`, hosts: `${base}:hosts`, keyOf: (id: string) => `${base}:host:${id}` };
}

interface Listener {
  /** It has a gap, or is connected anew: all is read once more. */
  readAgain(): void;
  close(): Promise<void>;
}

/** Reads what the others publish, for as long as it is not closed. */
function listen(
  client: RedisClient,
  { stream, hosts, keyOf }: ReturnType<typeof namesOf>,
  { heard, status, timings }: Pick<RedisLinkContext, "heard" | "status" | "timings">,
): Listener {
  let closed = false;
  let again = true;
  /** The clock of Redis before ours. */
  let aheadMs = 0;
  let wake = () => {};
  let place = "";

  /** What is kept of all, and where that is in the stream at the latest. */
  async function catchUp() {
    const redisMs = await client.timeMs();
    aheadMs = redisMs - steadyMs();
    for (const kept of await client.kept(hosts, keyOf)) {
      const [mac = "", ...body] = kept.split("\n");
      // How old it is, the turns after it tell.
      heard({ mac, body: body.join("\n") }, timings.wholeMs);
    }
    place = `${Math.max(0, Math.floor(redisMs - timings.wholeMs - SPARE_MS))}-0`;
  }

  async function read() {
    if (again) {
      again = false;
      await catchUp();
      status(null);
    }
    for (const entry of await client.read(stream, place, READ_AT_ONCE, READ_WAIT_MS)) {
      place = entry.place;
      const ageMs = Math.max(0, steadyMs() + aheadMs - Number.parseInt(place, 10));
      heard({ body: entry.fields.e ?? "", mac: entry.fields.m ?? "" }, ageMs);
    }
  }

  /** Until something happens, or the time is up. */
  const pause = (mostMs: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function readOn() {
    while (!closed) {
      try {
        if (client.isReady()) await read();
        else await pause(timings.retryMs);
      } catch (error) {
        again = true;
        // It answers, and not to this: another kind of value under our name, or a right that is missing.
        if (client.isReady() && !closed) status(reasonOf(error));
        if (!closed) await pause(timings.retryMs);
      }
    }
  }
  const reading = readOn();
  return {
    readAgain() {
      again = true;
      wake();
    },
    async close() {
      closed = true;
      client.close();
      wake();
      await reading;
    },
  };
}
