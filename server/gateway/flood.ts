import { refuse } from "../../shared/protocol/reply.ts";
import { steadyMs } from "../lib/clock.ts";
import { type Bucket, take, waitMs } from "../lib/token-bucket.ts";
import { tooManyRequests } from "./too-many-requests.ts";

/** A panel sends a handful of events a minute. */
const EVENTS = { burst: 20, perSecond: 1 };
/** Everything that arrives counts, events or not. */
const PACKETS = { burst: 120, perSecond: 4 };

/** Socket middleware: lets so many events of one socket through and answers the others with what is wrong. */
export function limitEvents(nowMs = steadyMs) {
  let bucket: Bucket | undefined;
  return (event: readonly unknown[], next: () => void) => {
    const now = nowMs();
    const taken = take(bucket, EVENTS, now);
    if (taken !== null) {
      bucket = taken;
      next();
      return;
    }
    const ack = event.at(-1);
    if (typeof ack === "function") ack(refuse(tooManyRequests(waitMs(bucket, EVENTS, now))));
  };
}

interface Connection {
  on(event: "packet", listener: () => void): unknown;
  close(discard: boolean): void;
}

/** Ends a connection that goes on sending. */
export function limitPackets(connection: Connection, nowMs = steadyMs) {
  let bucket: Bucket | undefined;
  connection.on("packet", () => {
    const taken = take(bucket, PACKETS, nowMs());
    if (taken === null) connection.close(true);
    else bucket = taken;
  });
}
