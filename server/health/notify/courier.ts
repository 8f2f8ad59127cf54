import type { NotifyOptions } from "../../config/health-options.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { steadyMs, wallMs } from "../../lib/clock.ts";
import type { NotifyTimings } from "../../timings.ts";
import type { Channel } from "./channel.ts";
import { type Message, textOf } from "./message.ts";
import { post } from "./post.ts";

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
  target: NotifyOptions,
  channel: Channel,
  { complain, onTrouble, name, timings: { firstRetryMs, longestRetryMs, restMs } }: CourierOptions,
): Courier {
  const closing = new AbortController();
  let waiting: { message: Message; atMs: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending = false;
  let attempts = 0;
  let complained = false;

  async function deliver(message: Message) {
    const text = textOf(message, target.language);
    const to = { url: target.url, secret: target.secret };
    const posted = await post(channel.write(message, text, to, wallMs()), target.timeoutMs, closing.signal);
    if (!posted.ok) return { taken: "later" as const, why: posted.error, waitMs: null };
    const taken = channel.read(posted.status, posted.answer);
    // Of what it says only figures are told: the rest may repeat what was sent.
    const code = /"(?:code|errcode|StatusCode)"\s*:\s*(-?\d+)/.exec(posted.answer)?.[1];
    const why = `HTTP ${posted.status}${code === undefined ? "" : `, code ${code}`}`;
    return { taken, why, waitMs: posted.retryAfterMs };
  }

  async function next() {
    const first = waiting[0];
    if (first === undefined || sending || closing.signal.aborted) return;
    sending = true;
    const { taken, why, waitMs } = await deliver(first.message);
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
      const { taken, why } = await deliver(message);
      return taken === "taken" ? null : why;
    },
    close() {
      closing.abort();
      clearTimeout(timer);
      waiting = [];
    },
  };
}
