import * as v from "valibot";
import { helloSchema } from "../../shared/protocol/messages.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import type { LiveSourceOptions } from "./live-source.ts";
import { ownProblem } from "./own-problem.ts";
import type { PanelEvent, PanelSource } from "./source.ts";

/** A proxy that swallows the request must not keep the connection waiting. */
const PATIENCE_MS = 2500;
/** Nor must a panel that cannot draw, such as one without its catalogue. */
const DRAW_MS = 1000;
const RETRY_MS = 3000;

/**
 * The sidecar, with the first figures from one request: Socket.IO, an eighth of the panel's weight, and its three
 * round trips come behind them. Where the request fails, the connection is what tells why.
 */
export function createEarlySource(options: LiveSourceOptions): PanelSource {
  const listeners = new Set<(event: PanelEvent) => void>();
  let { historyMs } = options;
  let visible = true;
  let live: PanelSource | null = null;
  let closed = false;
  const emit = (event: PanelEvent) => {
    for (const listener of [...listeners]) listener(event);
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawn = () => {};

  void open();
  async function open() {
    const hello = await firstHello(options);
    if (closed) return;
    if (hello !== null) {
      const isDrawn = new Promise<void>((resolve) => {
        drawn = resolve;
        timer = setTimeout(resolve, DRAW_MS);
      });
      emit({ type: "hello", hello });
      // What loads now would come before the figures on a slow line. A sidecar that has just started has none yet.
      if (hello.state.source.status !== "starting") await isDrawn;
    }
    const createLiveSource = await loadLive();
    if (createLiveSource === null) return;
    live = createLiveSource({ ...options, historyMs });
    live.subscribe(emit);
    live.setVisible(visible);
  }

  /** `null`: nobody looks any more. */
  async function loadLive() {
    while (!closed) {
      try {
        const { createLiveSource } = await import("./live-source.ts");
        return closed ? null : createLiveSource;
      } catch {
        emit({ type: "connection", status: "offline", problem: null });
        await new Promise((retry) => {
          timer = setTimeout(retry, RETRY_MS);
        });
      }
    }
    return null;
  }

  // A click made before there is a connection must not hit a later job.
  const unreachable = async () => refuse(ownProblem("sidecar-unreachable"));
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    release: (wish) => live?.release(wish) ?? unreachable(),
    cancelRelease: (id) => live?.cancelRelease(id) ?? unreachable(),
    loadBackend: (id) => live?.loadBackend(id) ?? unreachable(),
    ask: (schema, send) => live?.ask(schema, send) ?? unreachable(),
    wantHistory(windowMs) {
      historyMs = Math.max(historyMs, windowMs);
      live?.wantHistory(windowMs);
    },
    setVisible(next) {
      visible = next;
      live?.setVisible(next);
    },
    drawn: () => drawn(),
    close() {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
      live?.close();
    },
  };
}

/** The present state; `null` where there is none to be had in this way. */
async function firstHello({ baseUrl, token }: LiveSourceOptions) {
  try {
    const answer = await fetch(new URL("api/v1/state?hosts=names", baseUrl), {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      // A log-in page is no answer, and the token is for nobody else.
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const parsed = v.safeParse(helloSchema, answer.ok ? await answer.json() : null);
    // Its one sample would stand before those that the connection brings of the past, and they would be taken for known.
    return parsed.success ? { ...parsed.output, history: { ...parsed.output.history, data: [] } } : null;
  } catch {
    return null;
  }
}
