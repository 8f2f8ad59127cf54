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

/** How well a viewer reads: turns that wait for it are few, or skipped. */
export interface Reader {
  /** True: it has missed turns, and needs everything in place of the next difference. */
  isBehind(): boolean;
  /** So much waits already that this turn is skipped. Cut off once that has lasted too long. */
  skips(nowMs: number): boolean;
  write(message: MessageBytes): void;
  /** It has everything of now. */
  caughtUp(): void;
  /** What it has is no longer known. */
  fellBehind(): void;
}

/** A page that polls on a slow line has a few waiting; one that stands still is told all at once later. */
const MOST_WAITING = 16;
/** Of whatever kind: a viewer that asks and never reads must not fill the sidecar's memory. */
const MOST_WAITING_BYTES = 1024 * 1024;

/** @param patienceMs how long it may stand still before it is cut off */
export function createReader(connection: Connection, patienceMs: number): Reader {
  let waiting = 0;
  let waitingBytes = 0;
  let behind = false;
  let fullSinceMs: number | null = null;
  connection.on("packetCreate", ({ data }) => {
    // One message may be as long as it needs to be: what counts is what it would wait behind.
    if (waitingBytes > MOST_WAITING_BYTES) queueMicrotask(() => connection.close(true));
    waiting++;
    if (typeof data === "string") waitingBytes += data.length;
  });
  // Handed to the transport: gone for a page that reads, the last batch to wait for one that does not.
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
      // Past Engine.IO's queue, which a thousand viewers would each make and empty with every turn.
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
