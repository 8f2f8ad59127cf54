import type { MessageBytes } from "./message-bytes.ts";

/** The connection of one viewer, as Engine.IO has it. */
export interface Connection {
  readonly readyState: string;
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    send(packets: MessageBytes["packets"]): void;
  };
  on(event: "packetCreate", listener: (packet: { data?: unknown }) => void): unknown;
  on(event: "flush", listener: () => void): unknown;
  write(packet: string, options: MessageBytes["options"]): unknown;
  close(discard: boolean): void;
}

/** How well a viewer reads: whether it gets each turn, or skips some. */
export interface Reader {
  /** Whether it has missed turns, and needs the whole view in place of the next difference. */
  isBehind(): boolean;
  /** Whether so much waits already that it skips this turn. It is cut off when that has lasted too long. */
  skips(nowMs: number): boolean;
  write(message: MessageBytes): void;
  /** Notes that it has the view of now. */
  caughtUp(): void;
  /** Notes that it needs the whole view next time. */
  fellBehind(): void;
}

/** So many messages may wait for a page that polls on a slow line; for one that stands still, more would be useless. */
const MOST_WAITING = 16;
/** Counts all messages: a viewer that asks and never reads must not fill the sidecar's memory. */
const MOST_WAITING_BYTES = 1024 * 1024;

/** @param patienceMs how long it may stand still before it is cut off */
export function createReader(connection: Connection, patienceMs: number): Reader {
  let waiting = 0;
  let waitingBytes = 0;
  let behind = false;
  let fullSinceMs: number | null = null;
  connection.on("packetCreate", ({ data }) => {
    // One message may be of any length: what counts are those before it.
    if (waitingBytes > MOST_WAITING_BYTES) queueMicrotask(() => connection.close(true));
    waiting++;
    if (typeof data === "string") waitingBytes += data.length;
  });
  // The transport has taken all that waited. A page that reads has it; for one that does not it is the last batch.
  connection.on("flush", () => {
    waiting = 0;
    waitingBytes = 0;
  });
  return {
    isBehind: () => behind,
    skips(nowMs) {
      if (connection.transport.writable || waiting < MOST_WAITING) {
        fullSinceMs = null;
        return false;
      }
      behind = true;
      fullSinceMs ??= nowMs;
      if (nowMs - fullSinceMs > patienceMs) connection.close(true);
      return true;
    },
    write({ packet, options, packets }) {
      const { transport } = connection;
      const isFree = transport.name === "websocket" && transport.writable && waiting === 0;
      // Not by Engine.IO's queue: with every turn it would be made and emptied for each of a thousand viewers.
      if (isFree && connection.readyState === "open") transport.send(packets);
      else connection.write(packet, options);
    },
    caughtUp() {
      behind = false;
    },
    fellBehind() {
      behind = true;
    },
  };
}
