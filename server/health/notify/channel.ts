import type { Message } from "./message.ts";

/** One request to a receiver. */
export interface Outgoing {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** How a receiver has taken it: for good, not now (it is tried again), or never. */
export type Taken = "taken" | "later" | "never";

export interface ChannelTarget {
  url: string;
  secret: string | undefined;
  /** Where the receiver has several places. */
  chat?: string | undefined;
}

/** One kind of receiver: how it wants to be told, and what its answers mean. */
export interface Channel {
  /**
   * Made anew for each attempt: signatures hold for a while only.
   * @param nowMs epoch milliseconds
   */
  write(message: Message, text: string, target: ChannelTarget, nowMs: number): Outgoing;
  /** @param answer the body of the answer */
  read(status: number, answer: string): Taken;
}

export const JSON_HEADERS = { "content-type": "application/json; charset=utf-8" } as const;

/** What an HTTP status means where the body says no more. */
export function readStatus(status: number): Taken {
  if (status >= 200 && status < 300) return "taken";
  return status === 408 || status === 425 || status === 429 || status >= 500 ? "later" : "never";
}

/** Receivers that answer 200 to everything and tell in `code` or `errcode` whether they have taken it; `busy` are the codes of a limit. */
export function readCode(status: number, answer: string, busy: readonly number[]): Taken {
  const byStatus = readStatus(status);
  if (byStatus !== "taken") return byStatus;
  const code = /"(?:code|errcode|StatusCode)"\s*:\s*(-?\d+)/.exec(answer)?.[1];
  if (code === undefined) return "later";
  return Number(code) === 0 ? "taken" : busy.includes(Number(code)) ? "later" : "never";
}
