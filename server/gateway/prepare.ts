import type { DefaultEventsMap, Socket } from "socket.io";
import * as v from "valibot";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ServerToClientEvents } from "../../shared/protocol/events.ts";
import { describeIssues, handshakeSchema } from "../../shared/protocol/requests.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import type { Viewer } from "../actions/asker.ts";
import type { Admit } from "./admit.ts";
import type { Caller } from "./caller.ts";
import type { Publisher } from "./publisher.ts";
import type { Viewers } from "./viewers.ts";

export interface SocketData {
  viewer: Viewer;
  handshake: v.InferOutput<typeof handshakeSchema>;
}

/** Events come by any name and with anything at all: each action checks its own. */
export type PanelSocket = Socket<DefaultEventsMap, ServerToClientEvents, DefaultEventsMap, SocketData>;

/** What a connection's first request tells of who asks. */
export interface FirstRequest {
  caller: Caller;
  bearer: string | undefined;
  /** The backend that it may release alone. */
  ownBackend: string | undefined;
}

/** Never aborted: an acknowledgement that nobody waits for any more costs nothing. */
const AWAITED = new AbortController().signal;

/** Checks the handshake of a socket and notes who it is. Returns why it may not connect, or `null`. */
export function prepare(
  socket: PanelSocket,
  asker: FirstRequest | undefined,
  { admit, viewers, publisher }: { admit: Admit; viewers: Viewers; publisher: Publisher },
): Problem | null {
  const { address } = socket.handshake;
  const parsed = v.safeParse(handshakeSchema, socket.handshake.auth);
  if (!parsed.success) return problem("bad-request", { detail: describeIssues(parsed.issues) });
  const handshake = parsed.output;
  if (viewers.isFull()) return problem("too-many-viewers", { most: viewers.most });
  if (handshake.protocol !== PROTOCOL_VERSION) {
    return problem("protocol-version", { client: handshake.protocol, server: PROTOCOL_VERSION });
  }
  // A proxy that has the token for its visitors puts it into the header, where none of them sees it; what another proxy
  // puts there may be for itself.
  if (asker === undefined) return problem("not-allowed");
  const tokens = [handshake.token, asker.bearer];
  const { ownBackend } = asker;
  const actProblem = admit.mayAct(tokens, asker.caller);
  if (actProblem !== null && tokens.some((token) => token !== undefined)) {
    const tooMany = admit.mayKnock(address);
    if (tooMany !== null) return tooMany;
  }
  socket.data.handshake = handshake;
  socket.data.viewer = {
    address,
    actProblem,
    ownBackend,
    directPort: null,
    gone: () => AWAITED,
    get historyMs() {
      return handshake.historyMs;
    },
    wantHistory(windowMs) {
      handshake.historyMs = Math.max(handshake.historyMs, windowMs);
    },
    setWatching(on) {
      const reader = viewers.of(socket.id);
      if (reader === undefined || !viewers.setWatching(socket.id, on) || !on) return;
      publisher.catchUp(reader);
    },
  };
  return null;
}
