import type { Socket } from "socket.io-client";
import * as v from "valibot";
import type { ClientToServerEvents, ServerToClientEvents } from "../../shared/protocol/events.ts";
import { type Reply, refuse, replySchema } from "../../shared/protocol/reply.ts";
import type { Liveness } from "./liveness.ts";
import { ownProblem } from "./own-problem.ts";
import type { Asking, PanelSource } from "./source.ts";

type Send = (live: Asking) => Promise<unknown>;
export type PanelSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

const ANSWER_TIMEOUT_MS = 8000;
/** A large model is read from a slow disk. */
const LOAD_TIMEOUT_MS = 600_000;
const idReply = replySchema(v.object({ id: v.string() }));

/** What a panel asks of the sidecar, by its socket. */
export function createRequests(
  socket: PanelSocket,
  { status }: Pick<Liveness, "status">,
): Pick<PanelSource, "release" | "cancelRelease" | "loadBackend" | "ask"> {
  /** Sent at once or not at all: what is sent offline would arrive when the sidecar is back, and hit a later job. */
  async function ask<T>(schema: v.GenericSchema<unknown, Reply<T>>, send: Send, ms?: number) {
    return socket.connected && status() === "live"
      ? answerOf(socket, schema, send, ms)
      : refuse(ownProblem("sidecar-unreachable"));
  }

  return {
    release(demand) {
      const requestId = crypto.getRandomValues(new Uint32Array(4)).join("-");
      return ask(idReply, (live) => live.emitWithAck("release", { requestId, ...demand }));
    },
    cancelRelease: (id) => ask(idReply, (live) => live.emitWithAck("cancel-release", { id })),
    loadBackend: (id) => ask(idReply, (live) => live.emitWithAck("load-backend", { id }), LOAD_TIMEOUT_MS),
    ask,
  };
}

/** What the sidecar answers, checked. */
export async function answerOf<T>(
  socket: PanelSocket,
  schema: v.GenericSchema<unknown, Reply<T>>,
  send: Send,
  ms = ANSWER_TIMEOUT_MS,
): Promise<Reply<T>> {
  try {
    return v.parse(schema, await send(socket.timeout(ms)));
  } catch {
    return refuse(ownProblem("sidecar-silent"));
  }
}
