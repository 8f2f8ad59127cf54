import { io } from "socket.io-client";
import * as v from "valibot";
import type { Problem } from "../../shared/problems/problem.ts";
import {
  changesSchema,
  helloSchema,
  resumedSchema,
  wireSampleSchema,
} from "../../shared/protocol/messages.ts";
import { replySchema } from "../../shared/protocol/reply.ts";
import type { Handshake } from "../../shared/protocol/requests.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { type View, viewOf } from "../../shared/protocol/view.ts";
import { createLiveness, type Liveness } from "./liveness.ts";
import { originRefused, ownProblem, refusalOf } from "./own-problem.ts";
import { readChanges } from "./read-changes.ts";
import { answerOf, createRequests, type PanelSocket } from "./requests.ts";
import type { PanelEvent, PanelSource } from "./source.ts";

export interface LiveSourceOptions {
  /** Base address of the sidecar, with a slash at the end. */
  baseUrl: string;
  token: string | null;
  /** How much history the view shows. */
  historyMs: number;
}

const GAP_REST_MS = 3000;
const turnSchema = v.object({ sample: v.nullable(wireSampleSchema), changes: v.optional(changesSchema) });
const resumeReply = replySchema(resumedSchema);

/** The sidecar over Socket.IO. Every message is checked before the panel sees it. */
export function createLiveSource({ baseUrl, token, historyMs: firstMs }: LiveSourceOptions): PanelSource {
  const listeners = new Set<(event: PanelEvent) => void>();
  const base = new URL(baseUrl);
  let visible = true;
  let historyMs = firstMs;
  /** The history that the last handshake asked for. */
  let handshakeMs = firstMs;
  let bootId: string | undefined;
  /** What the differences of the next turn are from. */
  let view: View | undefined;
  let lastSeq = 0;
  let gapTimer: ReturnType<typeof setTimeout> | undefined;
  const socket = createSocket(base, token, () => {
    handshakeMs = historyMs;
    return { bootId, lastSeq, historyMs, watch: visible };
  });
  const emit = (event: PanelEvent) => {
    for (const listener of [...listeners]) listener(event);
  };
  const liveness = createLiveness(
    () => (socket.connected ? visible : null),
    (status, why) => emit({ type: "connection", status, problem: why }),
  );

  /** Asks for what is missing of the past. Where the connection breaks, the handshake of the next one asks for the same. */
  async function resume(sinceSeq: number) {
    const ask = { sinceSeq, historyMs };
    const reply = await answerOf(socket, resumeReply, (live) => live.emitWithAck("resume", ask));
    if (!reply.ok) return;
    lastSeq = Math.max(lastSeq, reply.data.seq);
    emit({ type: "resumed", sinceSeq, resumed: reply.data });
  }

  followConnection(socket, liveness, base);
  socket.on("hello", (message: unknown) => {
    const hello = readHello(message, liveness);
    if (hello === null) return;
    ({ bootId, seq: lastSeq } = hello);
    view = viewOf({ ...hello.state, profiles: hello.profiles });
    emit({ type: "hello", hello });
    liveness.turn(null, hello.state.source);
    // A panel that shows more has come between the handshake and its answer.
    if (historyMs > handshakeMs) void resume(0);
  });
  socket.on("turn", (message: unknown, changes: unknown, host?: unknown) => {
    const parsed = v.safeParse(turnSchema, { sample: message, changes });
    if (!parsed.success || view === undefined || host !== undefined) return;
    const { sample } = parsed.output;
    const read = readChanges(view, parsed.output.changes ?? {});
    view = read?.view;
    // Differences from something else: a new connection tells everything anew.
    if (read === null) return void socket.disconnect().connect();
    const before = lastSeq;
    lastSeq = sample?.[0] ?? lastSeq;
    emit({ type: "turn", sample, parts: read.parts });
    liveness.turn(sample, read.parts.source);
    // Asked for seldom: a viewer that is too slow must not be made slower.
    if (lastSeq > before + 1) gapTimer ??= setTimeout(fillGap, GAP_REST_MS, before);
  });
  socket.connect();

  function fillGap(sinceSeq: number) {
    gapTimer = undefined;
    if (socket.connected && visible) void resume(sinceSeq);
  }

  return {
    ...createRequests(socket, liveness),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    wantHistory(windowMs) {
      if (windowMs <= historyMs) return;
      historyMs = windowMs;
      // Before the first hello the handshake asks for it, or the hello's receipt.
      if (bootId !== undefined && socket.connected) void resume(0);
    },
    setVisible(next) {
      if (next === visible) return;
      visible = next;
      if (!socket.connected) return;
      socket.emit(visible ? "watch" : "unwatch", () => {});
      if (visible) void resume(lastSeq);
      liveness.alive();
    },
    close() {
      clearTimeout(gapTimer);
      listeners.clear();
      socket.disconnect();
    },
  };
}

function createSocket(
  base: URL,
  token: string | null,
  known: () => Omit<Handshake, "protocol" | "token">,
): PanelSocket {
  return io(base.origin, {
    path: `${base.pathname}socket.io`,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    timeout: 10_000,
    reconnectionDelay: 500,
    autoConnect: false,
    // Several panels on one page must not share a handshake.
    forceNew: true,
    auth: (send) =>
      send({ protocol: PROTOCOL_VERSION, token: token ?? undefined, ...known() } satisfies Handshake),
  });
}

/** A hello of another shape is of another version. */
function readHello(message: unknown, liveness: Liveness): v.InferOutput<typeof helloSchema> | null {
  const parsed = v.safeParse(helloSchema, message);
  if (parsed.success) return parsed.output;
  if (liveness.status() === "connecting")
    liveness.set("refused", ownProblem("protocol-version", { client: PROTOCOL_VERSION, server: "?" }));
  return null;
}

/** Tells a connection that is gone from one that is refused for good. */
function followConnection(socket: PanelSocket, liveness: Liveness, base: URL) {
  const giveUp = (why: Problem) => {
    liveness.set("refused", why);
    socket.disconnect();
  };
  socket.on("disconnect", () => liveness.set("offline"));
  socket.on("connect_error", (error) => {
    const why = refusalOf(error);
    if (why !== null) return giveUp(why);
    // A proxy may swallow WebSockets without an answer.
    if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
    liveness.set("offline");
    // To a page of another origin a browser tells of no refusal.
    if (base.origin !== location.origin)
      void import("./is-refused.ts")
        .then(({ isRefused }) => isRefused(base))
        .then((refused) => refused && giveUp(originRefused()));
  });
}
