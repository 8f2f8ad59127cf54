import { createClient } from "@redis/client";
import * as v from "valibot";

/** What is asked of Redis. Loaded only where a group is asked for: the client is a sixth of the sidecar. */
export interface RedisClient {
  /** Tries for ever, with a pause between. */
  connect(): void;
  isReady(): boolean;
  /** Adds to a stream, which keeps about so many. */
  add(stream: string, fields: Record<string, string>, most: number): Promise<void>;
  /** Keeps a value under a key, and the key's name in a set, for so many seconds; and a stream for as long as somebody does. */
  keep(
    key: string,
    value: string,
    beside: { set: string; stream: string },
    name: string,
    seconds: number,
  ): Promise<void>;
  /** The values of all keys whose names stand in the set, the keys made by `keyOf`. */
  kept(set: string, keyOf: (name: string) => string): Promise<string[]>;
  /** Epoch milliseconds by the clock of Redis, of which the places in streams are made. */
  timeMs(): Promise<number>;
  /** What comes after a place, at most so many; waits for it. */
  read(stream: string, after: string, most: number, waitMs: number): Promise<StreamEntry[]>;
  close(): void;
}

export interface StreamEntry {
  place: string;
  fields: Readonly<Record<string, string>>;
}

export interface RedisEvents {
  ready(): void;
  /** The connection is lost, or was not to be had. */
  away(reason: string): void;
}

const readSchema = v.array(
  v.object({
    messages: v.array(v.object({ id: v.string(), message: v.record(v.string(), v.string()) })),
  }),
);

/** @param silenceMs a Redis that says nothing for so long hangs, and is connected to anew */
export function createRedisClient(
  url: string,
  { ready, away }: RedisEvents,
  { retryMs, silenceMs, pingMs }: { retryMs: number; silenceMs: number; pingMs: number },
): RedisClient {
  const client = createClient({
    url,
    name: "gpu-status-panel",
    disableOfflineQueue: true,
    pingInterval: pingMs,
    socket: { connectTimeout: silenceMs, socketTimeout: silenceMs, reconnectStrategy: () => retryMs },
  });
  client.on("error", (error: unknown) => away(error instanceof Error ? error.message : String(error)));
  client.on("ready", ready);
  return {
    connect: () => void client.connect().catch(() => {}),
    isReady: () => client.isReady,
    async add(stream, fields, most) {
      const TRIM = { strategy: "MAXLEN", strategyModifier: "~", threshold: most } as const;
      await client.xAdd(stream, "*", fields, { TRIM });
    },
    async keep(key, value, { set, stream }, name, seconds) {
      await Promise.all([
        client.set(key, value, { expiration: { type: "EX", value: seconds } }),
        client.sAdd(set, name),
        client.expire(set, 2 * seconds),
        client.expire(stream, 2 * seconds),
      ]);
    },
    async kept(set, keyOf) {
      const names = await client.sMembers(set);
      if (names.length === 0) return [];
      const values = await client.mGet(names.map(keyOf));
      const gone = names.filter((_, i) => values[i] == null);
      // A replica that takes no writes is good enough to read from.
      if (gone.length > 0) await client.sRem(set, gone).catch(() => {});
      return values.flatMap((value) => value ?? []);
    },
    async timeMs() {
      const [seconds, micros] = await client.time();
      return Number(seconds) * 1000 + Number(micros) / 1000;
    },
    async read(stream, after, most, waitMs) {
      const got = await client.xRead({ key: stream, id: after }, { COUNT: most, BLOCK: waitMs });
      if (got === null) return [];
      const [first] = v.parse(readSchema, got);
      return (first?.messages ?? []).map(({ id, message }) => ({ place: id, fields: message }));
    },
    close: () => client.destroy(),
  };
}
