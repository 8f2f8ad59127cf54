import type { Socket } from "socket.io-client";
import * as v from "valibot";
import type { ClientToServerEvents, ServerToClientEvents } from "../../shared/protocol/events.ts";
import { type Reply, refuse, replySchema } from "../../shared/protocol/reply.ts";
import type { Liveness } from "./liveness.ts";
import { ownProblem } from "./own-problem.ts";
import type { Asking, PanelSource } from "./source.ts";

export type PanelSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

const ANSWER_TIMEOUT_MS = 8000;
const idReply = replySchema(v.object({ id: v.string() }));

/** What a panel asks of the sidecar, by its socket. */
export function createRequests(
  socket: PanelSocket,
  { status }: Pick<Liveness, "status">,
): Pick<PanelSource, "release" | "cancelRelease" | "prepareBackend" | "ask"> {
  /** Sent at once or not at all: what is sent offline would arrive when the sidecar is back, and hit a later job. */
  const ask: PanelSource["ask"] = async (schema, send) =>
    socket.connected && status() === "live"
      ? answerOf(socket, schema, send)
      : refuse(ownProblem("sidecar-unreachable"));
  const byId = (event: "cancel-release" | "prepare-backend") => (id: string) =>
    ask(idReply, (live) => live.emitWithAck(event, { id }));

  return {
    release(demand) {
      const requestId = crypto.getRandomValues(new Uint32Array(4)).join("-");
      return ask(idReply, (live) => live.emitWithAck("release", { requestId, ...demand }));
    },
    cancelRelease: byId("cancel-release"),
    prepareBackend: byId("prepare-backend"),
    ask,
  };
}

/** What the sidecar answers, checked. */
export async function answerOf<T>(
  socket: PanelSocket,
  schema: v.GenericSchema<unknown, Reply<T>>,
  send: (live: Asking) => Promise<unknown>,
): Promise<Reply<T>> {
  try {
    return v.parse(schema, await send(socket.timeout(ANSWER_TIMEOUT_MS)));
  } catch {
    return refuse(ownProblem("sidecar-silent"));
  }
}
