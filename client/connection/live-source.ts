import { io, type Socket } from "socket.io-client";
import * as v from "valibot";
import type { ProblemCode } from "../../shared/problems/codes.ts";
import type { Problem, ProblemParams } from "../../shared/problems/problem.ts";
import type { Changes, ClientToServerEvents, ServerToClientEvents } from "../../shared/protocol/events.ts";
import {
  changesSchema,
  helloSchema,
  resumedSchema,
  wireSampleSchema,
} from "../../shared/protocol/messages.ts";
import { type Reply, refusalSchema, refuse, replySchema } from "../../shared/protocol/reply.ts";
import type { Handshake } from "../../shared/protocol/requests.ts";
import type { WireSample } from "../../shared/protocol/sample-codec.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { type View, viewOf } from "../../shared/protocol/view.ts";
import { readChanges } from "./read-changes.ts";
import type { ConnectionStatus, PanelEvent, PanelSource } from "./source.ts";

export interface LiveSourceOptions {
  /** Base address of the sidecar, with a slash at the end. */
  baseUrl: string;
  token: string | null;
  /** How much history the view shows. */
  historyMs: number;
}

type PanelSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

const ANSWER_TIMEOUT_MS = 8000;
const GAP_REST_MS = 3000;
/** A machine that slept is no slow one. */
const MOST_GAP_MS = 5000;
const turnSchema = v.object({ sample: v.nullable(wireSampleSchema), changes: v.optional(changesSchema) });
const replies = {
  release: replySchema(v.object({ id: v.string() })),
  resume: replySchema(resumedSchema),
};

/** The sidecar over Socket.IO. Every message is checked before the panel sees it. */
export function createLiveSource({ baseUrl, token, historyMs: firstMs }: LiveSourceOptions): PanelSource {
  const listeners = new Set<(event: PanelEvent) => void>();
  const base = new URL(baseUrl);
  let status: ConnectionStatus = "connecting";
  let refusal: Problem | null = null;
  let visible = true;
  let historyMs = firstMs;
  let handshakeMs = firstMs;
  let bootId: string | undefined;
  /** What the differences of the next turn are from. */
  let view: View | undefined;
  let lastSeq = 0;
  let intervalMs = 1000;
  /** How far the last two samples stand apart: at a new rate the first one may take as long as at the old one. */
  let lastGapMs = 0;
  let lastSampleMs = Number.NaN;
  let samplesExpected = false;
  let staleTimer: ReturnType<typeof setTimeout> | undefined;
  let gapTimer: ReturnType<typeof setTimeout> | undefined;

  const socket: PanelSocket = io(base.origin, {
    path: `${base.pathname}socket.io`,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    timeout: 10_000,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    autoConnect: false,
    // Several panels on one page must not share a handshake.
    forceNew: true,
    auth: (send) => send(handshake()),
  });

  function handshake(): Handshake {
    handshakeMs = historyMs;
    return {
      protocol: PROTOCOL_VERSION,
      ...(token === null ? {} : { token }),
      ...(bootId === undefined ? {} : { bootId, lastSeq }),
      historyMs,
      watch: visible,
    };
  }

  function emit(event: PanelEvent) {
    for (const listener of [...listeners]) listener(event);
  }

  function setStatus(next: ConnectionStatus, why: Problem | null = null) {
    if (next === status && why?.code === refusal?.code) return;
    status = next;
    refusal = why;
    emit({ type: "connection", status, problem: why });
  }

  /** Live until nothing has come for 3 intervals and 2 s although the sidecar says that it samples. */
  function alive() {
    clearTimeout(staleTimer);
    if (!socket.connected) return;
    setStatus("live");
    if (!visible || !samplesExpected) return;
    const patienceMs = 3 * Math.max(intervalMs, lastGapMs) + 2000;
    staleTimer = setTimeout(() => setStatus("stale"), patienceMs);
  }

  function checked<const S extends v.GenericSchema>(schema: S, use: (value: v.InferOutput<S>) => void) {
    return (message: unknown) => {
      const parsed = v.safeParse(schema, message);
      // A message of another shape is of another version: hello, which says so, is checked first.
      if (parsed.success) use(parsed.output);
      else if (schema.type === "object" && status === "connecting") {
        setStatus("refused", problem("protocol-version", { client: PROTOCOL_VERSION, server: "?" }));
      }
    };
  }

  function expectSamples({ status, intervalMs: everyMs, replay }: SourceState) {
    if (everyMs < intervalMs) lastGapMs = intervalMs;
    // A recording has pauses of its own.
    samplesExpected = status === "live" && replay === undefined;
    intervalMs = everyMs;
    alive();
  }

  socket.on(
    "hello",
    checked(helloSchema, (hello) => {
      ({ bootId } = hello);
      lastSeq = hello.seq;
      view = viewOf({ ...hello.state, profiles: hello.profiles });
      emit({ type: "hello", hello });
      expectSamples(hello.state.source);
      // A panel that shows more has come between the handshake and its answer.
      if (historyMs > handshakeMs) void resume(0);
    }),
  );
  socket.on("turn", (sample: unknown, changes: unknown, host?: unknown) => {
    const parsed = v.safeParse(turnSchema, { sample, changes });
    if (!parsed.success || view === undefined || host !== undefined) return;
    takeTurn(parsed.output.sample, parsed.output.changes ?? {}, view);
  });
  socket.on("disconnect", () => {
    clearTimeout(staleTimer);
    setStatus("offline");
  });
  socket.on("connect_error", (error) => {
    const why = refusalOf(error);
    if (why === null) {
      // A proxy may swallow WebSockets without an answer.
      if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
      setStatus("offline");
      // To a page of another origin a browser tells of no refusal.
      if (base.origin !== location.origin)
        void import("./is-refused.ts")
          .then(({ isRefused }) => isRefused(base))
          .then((refused) => refused && giveUp(problem("origin-refused", { origin: location.origin })));
      return;
    }
    giveUp(why);
  });
  socket.connect();

  function giveUp(why: Problem) {
    setStatus("refused", why);
    socket.disconnect();
  }

  function takeTurn(sample: WireSample | null, changes: Changes, known: View) {
    const read = readChanges(known, changes);
    if (read === null) {
      // Differences from something else: a new connection tells everything anew.
      view = undefined;
      socket.disconnect().connect();
      return;
    }
    view = read.view;
    const before = lastSeq;
    lastSeq = sample?.[0] ?? lastSeq;
    emit({ type: "turn", sample, parts: read.parts });
    const tMs = sample?.[1];
    if (tMs != null) {
      lastGapMs = Math.min(tMs - lastSampleMs || lastGapMs, MOST_GAP_MS);
      lastSampleMs = tMs;
    }
    if (read.parts.source !== undefined) expectSamples(read.parts.source);
    else if (sample !== null) alive();
    if (lastSeq > before + 1) fillGap(before);
  }

  /** Asks for the samples that were skipped on the way, seldom: a viewer that is too slow must not be made slower. */
  function fillGap(sinceSeq: number) {
    gapTimer ??= setTimeout(() => {
      gapTimer = undefined;
      if (socket.connected && visible) void resume(sinceSeq);
    }, GAP_REST_MS);
  }

  async function resume(sinceSeq: number) {
    try {
      const reply = v.parse(
        replies.resume,
        await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck("resume", { sinceSeq, historyMs }),
      );
      if (!reply.ok) return;
      lastSeq = Math.max(lastSeq, reply.data.seq);
      emit({ type: "resumed", sinceSeq, resumed: reply.data });
    } catch {
      // The connection broke: the handshake of the next one asks for the same.
    }
  }

  /** Sent at once or not at all: what is sent offline would arrive when the sidecar is back, and hit a later job. */
  async function askLive<const S extends v.GenericSchema>(
    schema: S,
    send: (live: ReturnType<PanelSocket["timeout"]>) => Promise<unknown>,
  ): Promise<v.InferOutput<S> | Reply<never>> {
    if (!socket.connected || status !== "live") return refuse(problem("sidecar-unreachable"));
    try {
      return v.parse(schema, await send(socket.timeout(ANSWER_TIMEOUT_MS)));
    } catch {
      return refuse(problem("sidecar-silent"));
    }
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    release(demand) {
      const requestId = crypto.getRandomValues(new Uint32Array(4)).join("-");
      return askLive(replies.release, (live) => live.emitWithAck("release", { requestId, ...demand }));
    },
    cancelRelease: (id) => askLive(replies.release, (live) => live.emitWithAck("cancel-release", { id })),
    prepareBackend: (id) => askLive(replies.release, (live) => live.emitWithAck("prepare-backend", { id })),
    async pastReleases() {
      // Seldom wanted: its schema need not come with the first figures.
      const { releaseRecordSchema } = await import("../../shared/release/record.ts");
      return askLive(replySchema(v.array(releaseRecordSchema)), (live) => live.emitWithAck("past-releases"));
    },
    ask: askLive,
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
      alive();
    },
    close() {
      clearTimeout(staleTimer);
      clearTimeout(gapTimer);
      listeners.clear();
      socket.disconnect();
    },
  };
}

/** A problem found on this side. The panel has the words for its code in its own language. */
function problem(code: ProblemCode, params: ProblemParams = {}): Problem {
  return { code, params, message: code, advice: "" };
}

/** Why the sidecar refuses this panel for good; `null` when it just could not be reached. */
function refusalOf(error: Error): Problem | null {
  if ("data" in error) {
    const parsed = v.safeParse(refusalSchema, error.data);
    if (parsed.success) return parsed.output;
  }
  const forbidden = "description" in error && error.description === 403;
  return forbidden ? problem("origin-refused", { origin: location.origin }) : null;
}
