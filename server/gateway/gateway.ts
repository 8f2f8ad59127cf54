import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { type DefaultEventsMap, Server } from "socket.io";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ServerToClientEvents } from "../../shared/protocol/events.ts";
import type { Hello } from "../../shared/protocol/messages.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import { ACTIONS } from "../actions/table.ts";
import { ownBackendOf } from "../lib/bearer.ts";
import { steadyMs } from "../lib/clock.ts";
import { SECURITY_HEADERS } from "../lib/security-headers.ts";
import type { Timings } from "../timings.ts";
import type { Admit } from "./admit.ts";
import { callerOf } from "./caller.ts";
import { limitEvents, limitPackets } from "./flood.ts";
import { type FirstRequest, type PanelSocket, prepare, type SocketData } from "./prepare.ts";
import type { Publisher } from "./publisher.ts";
import { createReader } from "./reader.ts";
import type { Viewers } from "./viewers.ts";

/** Makes the `hello` for one viewer. */
export type MakeHello = (viewer: {
  actProblem: Problem | null;
  ownBackend: string | undefined;
  bootId: string | undefined;
  lastSeq: number;
  historyMs: number;
}) => Hello;

export interface GatewayOptions {
  /** `<base>/socket.io` */
  path: string;
  /** The least time between two sent samples (ms): a recording at 60× has more than an eye can see. */
  leastSampleMs: number;
  admit: Admit;
  /** Told of somebody who may not connect: whoever started the sidecar may not know that he has to allow it. */
  noteRefusal(problem: Problem): void;
  timings: Pick<Timings, "patience">;
}

/** The Socket.IO side of the sidecar: who connects, what they ask, and one turn for all of them. */
export interface Gateway {
  sample(sample: Sample): void;
  /** Says hello to everybody anew, since what they know is of another moment. */
  greetAll(): void;
  close(): Promise<void>;
}

type PanelServer = Server<DefaultEventsMap, ServerToClientEvents, DefaultEventsMap, SocketData>;

const LARGEST_MESSAGE_BYTES = 16 * 1024;

export function createGateway(
  http: HttpServer,
  sidecar: ActsOn,
  { makeHello, viewers, publisher }: { makeHello: MakeHello; viewers: Viewers; publisher: Publisher },
  { path, leastSampleMs, admit, timings, noteRefusal }: GatewayOptions,
): Gateway {
  const io: PanelServer = new Server(http, {
    path,
    serveClient: false,
    maxHttpBufferSize: LARGEST_MESSAGE_BYTES,
    connectTimeout: timings.patience.helloMs,
    cors: {
      origin: (origin, answer) => answer(null, origin !== undefined && admit.mayRead(origin)),
      credentials: false,
    },
    allowRequest: (request, answer) => {
      const refused = admit.mayConnect(request.headers);
      if (refused !== null) noteRefusal(refused);
      answer(refused?.code ?? null, refused === null);
    },
  });
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    // `allowRequest` is asked for the first request of a connection only.
    const refused = isFollowUp(request) ? admit.mayConnect(request.headers) : null;
    next(refused === null ? undefined : new Error(refused.code));
  });
  const askers = new WeakMap<PanelSocket["conn"], FirstRequest>();
  io.engine.on("connection", (connection: PanelSocket["conn"]) => {
    limitPackets(connection);
    const { request } = connection;
    const ownBackend = ownBackendOf(request.headers);
    askers.set(connection, { caller: callerOf(request), bearer: admit.tokenOf(request), ownBackend });
    // Otherwise the requests of a thousand viewers would be kept for as long as they watch.
    Reflect.deleteProperty(connection, "request");
  });
  let layout = "";
  let sampleSentAtMs = Number.NEGATIVE_INFINITY;

  io.use((socket, next) => {
    const refused = prepare(socket, askers.get(socket.conn), { admit, viewers, publisher });
    next(refused === null ? undefined : Object.assign(new Error(refused.code), { data: refused }));
  });

  function greet(socket: PanelSocket, lastSeq: number) {
    const { handshake, viewer } = socket.data;
    const { bootId, historyMs } = handshake;
    const { actProblem, ownBackend } = viewer;
    socket.emit("hello", makeHello({ actProblem, ownBackend, bootId, lastSeq, historyMs }));
  }

  io.on("connection", (socket) => {
    const { viewer, handshake } = socket.data;
    // The next turn's differences must be those from what hello tells.
    publisher.publishAll();
    greet(socket, handshake.lastSeq ?? 0);
    viewers.add(socket.id, createReader(socket.conn, timings.patience.unreadMs), handshake.watch);
    socket.use(limitEvents());
    socket.on("disconnect", () => viewers.remove(socket.id));
    for (const { event } of ACTIONS) {
      if (event === null) continue;
      socket.on(event.name, (...args: unknown[]) => event.answer(sidecar, viewer, args));
    }
  });

  function greetAll() {
    publisher.restart();
    for (const socket of io.sockets.sockets.values()) greet(socket, 0);
  }

  return {
    sample(sample) {
      const nextLayout = layoutOf(sample);
      if (nextLayout !== layout) {
        layout = nextLayout;
        greetAll();
        return;
      }
      const now = steadyMs();
      if (now - sampleSentAtMs < leastSampleMs) return;
      sampleSentAtMs = now;
      publisher.turn(sample);
    },
    greetAll,
    async close() {
      const closed = io.close();
      // A client that keeps its connection open must not keep the sidecar from ending.
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Which GPUs there are, as a hello describes them. */
function layoutOf({ gpus }: Sample): string {
  return JSON.stringify(
    gpus.map((gpu) => [gpu.uuid, gpu.index, gpu.name, gpu.memoryTotalMiB, gpu.lost, gpu.needsReset]),
  );
}

/** True for a request that belongs to a connection which exists already. */
function isFollowUp({ url = "" }: IncomingMessage): boolean {
  return new URLSearchParams(url.replace(/^[^?]*/, "")).has("sid");
}
