import { io, type Socket } from "socket.io-client";
import { readChanges } from "../../client/connection/read-changes.ts";
import type { Alert } from "../../shared/health/alert.ts";
import type { Job } from "../../shared/jobs/job.ts";
import type { ClientToServerEvents, ServerToClientEvents } from "../../shared/protocol/events.ts";
import type { Hello } from "../../shared/protocol/messages.ts";
import type { Handshake } from "../../shared/protocol/requests.ts";
import type { WireSample } from "../../shared/protocol/sample-codec.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { type View, viewOf } from "../../shared/protocol/view.ts";
import type { Release } from "../../shared/release/release.ts";
import { waitUntil } from "./wait-until.ts";

/** A panel without a page: a real socket, with everything that has come over it. */
export interface PanelClient {
  socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  hellos: Hello[];
  samples: WireSample[];
  releases: Release[];
  /** Lists of jobs, as they came. */
  jobs: Job[][];
  /** Lists of alerts, as they came. */
  alerts: Alert[][];
  sources: SourceState[];
  errors: Error[];
  hello(): Promise<Hello>;
  /** Waits for a release in one of these states. */
  releaseIn(...states: Release["state"][]): Promise<Release>;
  close(): void;
}

export interface PanelClientOptions {
  auth?: Partial<Handshake> & Record<string, unknown>;
  headers?: Record<string, string>;
  /** Goes into the address, where it has no business. */
  query?: Record<string, string>;
  transports?: ("websocket" | "polling")[];
}

export function connectPanel(baseUrl: string, options: PanelClientOptions = {}): PanelClient {
  const base = new URL(baseUrl);
  const socket: PanelClient["socket"] = io(base.origin, {
    path: `${base.pathname}socket.io`,
    transports: options.transports ?? ["websocket"],
    forceNew: true,
    reconnection: false,
    timeout: 60_000,
    auth: { protocol: PROTOCOL_VERSION, ...options.auth },
    ...(options.query === undefined ? {} : { query: options.query }),
    ...(options.headers === undefined ? {} : { extraHeaders: options.headers }),
  });
  const hellos: Hello[] = [];
  const samples: WireSample[] = [];
  const releases: Release[] = [];
  const jobs: Job[][] = [];
  const alerts: Alert[][] = [];
  const sources: SourceState[] = [];
  const errors: Error[] = [];
  let view: View | undefined;
  socket.on("hello", (hello) => {
    hellos.push(hello);
    // A hello that comes later tells what a turn would have told.
    if (hellos.length > 1) alerts.push(hello.state.alerts);
    view = viewOf({ ...hello.state, profiles: hello.profiles });
  });
  socket.on("turn", (sample, changes = {}) => {
    if (view === undefined) throw new Error("a turn came before hello");
    const read = readChanges(view, changes);
    if (read === null) throw new Error(`a turn cannot be read: ${JSON.stringify(changes)}`);
    view = read.view;
    const { release, jobs: list, alerts: told, source } = read.parts;
    if (sample !== null) samples.push(sample);
    if (release !== undefined) releases.push(release);
    if (list !== undefined) jobs.push(list);
    if (told !== undefined) alerts.push(told);
    if (source !== undefined) sources.push(source);
  });
  socket.on("connect_error", (error) => errors.push(error));
  return {
    socket,
    hellos,
    samples,
    releases,
    jobs,
    alerts,
    sources,
    errors,
    hello: () =>
      waitUntil(() => hellos.at(-1), {
        timeoutMs: 60_000,
        what: () => `hello; errors: ${errors.join(", ")}`,
      }),
    releaseIn: (...states) =>
      waitUntil(() => releases.findLast(({ state }) => states.includes(state)), {
        timeoutMs: 60_000,
        what: () => `a release in ${states.join(" or ")}; last: ${JSON.stringify(releases.at(-1))}`,
      }),
    close: () => void socket.disconnect(),
  };
}
