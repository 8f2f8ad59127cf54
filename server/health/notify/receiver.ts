import { randomUUID } from "node:crypto";
import type { NotifyTimings } from "../../timings.ts";
import type { Courier } from "./courier.ts";
import type { Message } from "./message.ts";
import { type Held, isQuiet, NOTHING_HELD } from "./quiet.ts";

/** A receiver with its quiet hours: in them only what is urgent is told, and how much of the rest there was afterwards. */
export interface Receiver extends Pick<Courier, "attempt" | "close"> {
  /** @param counted what it is counted as where it is not told now; `null`: it is left out */
  send(message: Message, isUrgent: boolean, counted: keyof Held | null): void;
}

/** @param nowMs the time of day, epoch milliseconds */
export function createReceiver(
  quietHours: string | undefined,
  host: string,
  courier: Courier,
  nowMs: () => number,
  { quietLookMs }: Pick<NotifyTimings, "quietLookMs">,
): Receiver {
  let held = NOTHING_HELD;
  let timer: NodeJS.Timeout | undefined;
  const quiet = () => isQuiet(quietHours, new Date(nowMs()));

  /** Looked for again and again: the clock may be set, and the machine may sleep. */
  function lookAgain() {
    if (!quiet()) return tellSum();
    timer = setTimeout(lookAgain, quietLookMs).unref();
  }

  function tellSum() {
    clearTimeout(timer);
    if (held === NOTHING_HELD) return;
    courier.send({ kind: "summary", id: randomUUID(), host, held });
    held = NOTHING_HELD;
  }

  return {
    send(message, isUrgent, counted) {
      if (isUrgent) return courier.send(message);
      if (!quiet()) {
        tellSum();
        return courier.send(message);
      }
      if (counted === null) return;
      if (held === NOTHING_HELD) timer = setTimeout(lookAgain, quietLookMs).unref();
      held = { ...held, [counted]: held[counted] + 1 };
    },
    attempt: courier.attempt,
    close() {
      clearTimeout(timer);
      courier.close();
    },
  };
}
