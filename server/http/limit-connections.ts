import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { problem } from "../../shared/problems/make-problem.ts";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import { addressKey } from "../lib/address-key.ts";
import { steadyMs } from "../lib/clock.ts";
import { sendProblem } from "./respond.ts";

/** Of all connections, those that have not asked for anything yet. */
const MOST_SILENT_SHARE = 0.25;
/** Of all connections, those of one address of another machine: many viewers may come through one proxy. */
const MOST_OF_ONE_SHARE = 0.75;
/** Beyond the most, so many are still let in to be told so. */
const TOLD_SO = 8;
/** Whoever means to ask has done so by then, also of a thousand panels that come back at the same time. */
const SILENT_MS = 2000;

/**
 * Keeps some connections free for others: of those that ask for nothing the oldest is closed, and one address gets no
 * more than its share; beyond, a request is answered with 503, and so is one when there are too many of all. This machine has none: a proxy on it speaks for everybody.
 * @param most connections that the server takes at the same time
 */
export function limitConnections(
  server: Server,
  most: number,
  keyOf: (socket: Socket) => string = ({ remoteAddress }) => addressKey(remoteAddress),
): void {
  server.maxConnections = most + TOLD_SO;
  const mostSilent = Math.max(1, Math.floor(most * MOST_SILENT_SHARE));
  const mostOfOne = Math.max(1, Math.floor(most * MOST_OF_ONE_SHARE));
  /** Those that had not spoken when they were looked at last, since when; oldest first. */
  const silent = new Map<Socket, number>();
  const open = new Map<string, number>();
  let all = 0;
  const beyond = new WeakSet<Socket>();
  let sweeping = false;

  function sweep() {
    for (const [socket, sinceMs] of silent) {
      if (silent.size <= mostSilent || steadyMs() - sinceMs < SILENT_MS) break;
      silent.delete(socket);
      if (socket.bytesRead === 0) socket.destroy();
    }
    sweeping = silent.size > mostSilent;
    if (sweeping) setTimeout(sweep, SILENT_MS / 4).unref();
  }

  server.on("connection", (socket: Socket) => {
    const key = keyOf(socket);
    const count = (open.get(key) ?? 0) + 1;
    open.set(key, count);
    all++;
    if (all > most || (count > mostOfOne && !isLoopbackHost(key))) beyond.add(socket);
    silent.set(socket, steadyMs());
    if (!sweeping) sweep();
    socket.once("close", () => {
      silent.delete(socket);
      all--;
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
  });
  server.prependListener("request", ({ socket }, response) => {
    if (beyond.has(socket)) refuse(response, mostOfOne);
  });
}

function refuse(response: ServerResponse, most: number) {
  response.setHeader("connection", "close");
  response.setHeader("retry-after", "10");
  sendProblem(response, 503, problem("too-many-connections", { most }));
}
