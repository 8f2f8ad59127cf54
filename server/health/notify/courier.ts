import { backoffMs } from "../../lib/backoff.ts";
import { steadyMs } from "../../lib/clock.ts";
import type { NotifyTimings } from "../../timings.ts";
import type { Delivery } from "./delivery.ts";
import type { Message } from "./message.ts";

/** Brings messages to one receiver, in order, each until it is taken, refused for good, or a day old. */
export interface Courier {
  send(message: Message): void;
  /** One attempt, past the queue; `null`: taken, else why not. */
  attempt(message: Message): Promise<string | null>;
  close(): void;
}

export interface CourierOptions {
  /** Told what does not work, once until it works again; never the address. */
  complain(message: string): void;
  /** Told that messages do not reach the receiver, and that they do again. */
  onTrouble(isThere: boolean): void;
  /** How the receiver is named in complaints. */
  name: string;
  timings: NotifyTimings;
}

const MOST_WAITING = 100;
const OLDEST_MS = 24 * 3_600_000;

export function createCourier(
  deliver: Delivery,
  { complain, onTrouble, name, timings: { firstRetryMs, longestRetryMs, restMs } }: CourierOptions,
): Courier {
  const closing = new AbortController();
  let waiting: { message: Message; atMs: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending = false;
  let attempts = 0;
  let complained = false;

  async function next() {
    const first = waiting[0];
    if (first === undefined || sending || closing.signal.aborted) return;
    sending = true;
    const { taken, why, waitMs } = await deliver(first.message, closing.signal);
    sending = false;
    if (closing.signal.aborted) return;
    if (taken === "taken") setTrouble(false);
    else
      complainOf(
        taken === "never" ? `refuses a message (${why})` : `cannot be reached (${why}); it is tried again`,
      );
    const old = steadyMs() - first.atMs > OLDEST_MS;
    if (taken === "later" && !old) {
      schedule(Math.max(waitMs ?? 0, backoffMs(attempts++, firstRetryMs, longestRetryMs)));
      return;
    }
    attempts = 0;
    // A full queue may have dropped it meanwhile.
    if (waiting[0] === first) waiting.shift();
    schedule(restMs);
  }

  function schedule(ms: number) {
    clearTimeout(timer);
    if (waiting.length > 0) timer = setTimeout(() => void next(), ms).unref();
  }

  function complainOf(what: string) {
    if (!complained) complain(`${name} ${what}.`);
    setTrouble(true);
  }

  function setTrouble(isThere: boolean) {
    if (isThere !== complained) onTrouble(isThere);
    complained = isThere;
  }

  return {
    send(message) {
      if (closing.signal.aborted) return;
      if (waiting.length >= MOST_WAITING) {
        complainOf(`has not taken ${MOST_WAITING} messages: the oldest are dropped`);
        waiting = waiting.slice(-MOST_WAITING + 1);
      }
      waiting.push({ message, atMs: steadyMs() });
      if (waiting.length === 1 && !sending) schedule(0);
    },
    async attempt(message) {
      const { taken, why } = await deliver(message, closing.signal);
      return taken === "taken" ? null : why;
    },
    close() {
      closing.abort();
      clearTimeout(timer);
      waiting = [];
    },
  };
}
