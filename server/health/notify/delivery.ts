import type { ExecOptions, PostOptions } from "../../config/notify-options.ts";
import { wallMs } from "../../lib/clock.ts";
import type { Channel, Taken } from "./channel.ts";
import { jsonBody } from "./json-body.ts";
import { type Message, textOf } from "./message.ts";
import { post } from "./post.ts";
import { runCommand } from "./run-command.ts";

/** What came of one attempt: `why` it was not taken, without the address, and how long the receiver wants to be left alone. */
export interface Delivered {
  taken: Taken;
  why: string;
  waitMs: number | null;
}

/** One attempt to bring a message to a receiver. Never throws; ends with `signal`. */
export type Delivery = (message: Message, signal: AbortSignal) => Promise<Delivered>;

const LONGEST_WAIT_S = 3600;

/** By one POST in the receiver's own format. */
export function byPost(target: PostOptions, channel: Channel): Delivery {
  const to = {
    url: target.url,
    secret: target.secret,
    ...(target.kind === "telegram" ? { chat: target.chat } : {}),
  };
  return async (message, signal) => {
    const request = channel.write(message, textOf(message, target.language), to, wallMs());
    const posted = await post(request, target.timeoutMs, signal);
    if (!posted.ok) return { taken: "later", why: posted.error, waitMs: null };
    const taken = channel.read(posted.status, posted.answer);
    // Of what it says only figures are told: the rest may repeat what was sent.
    const code = /"(?:code|errcode|StatusCode)"\s*:\s*(-?\d+)/.exec(posted.answer)?.[1];
    const why = `HTTP ${posted.status}${code === undefined ? "" : `, code ${code}`}`;
    return { taken, why, waitMs: posted.retryAfterMs ?? askedToWaitMs(posted.answer) };
  };
}

/** By a program of the machine's owner, which gets the message as JSON. */
export function byCommand(target: ExecOptions, env: NodeJS.ProcessEnv): Delivery {
  return async (message, signal) => {
    const input = `${jsonBody(message, textOf(message, target.language))}\n`;
    const ran = await runCommand(target.command, input, { timeoutMs: target.timeoutMs, signal, env });
    return ran.ok
      ? { taken: "taken", why: "exit 0", waitMs: null }
      : { taken: "later", why: ran.error, waitMs: null };
  };
}

/** Telegram and Discord say it in the body. */
function askedToWaitMs(answer: string): number | null {
  const seconds = Number(/"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(answer)?.[1] ?? Number.NaN);
  return seconds > 0 ? Math.min(seconds, LONGEST_WAIT_S) * 1000 : null;
}
