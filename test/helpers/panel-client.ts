import { io, type Socket } from "socket.io-client";
import type { Job } from "../../shared/capacity/job.ts";
import type { Alert } from "../../shared/health/alert.ts";
import type { ClientToServerEvents, ServerToClientEvents } from "../../shared/protocol/events.ts";
import type { Hello } from "../../shared/protocol/messages.ts";
import type { Handshake } from "../../shared/protocol/requests.ts";
import type { WireSample } from "../../shared/protocol/sample-codec.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
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
    auth: { protocol: 1, ...options.auth },
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
  socket.on("hello", (hello) => hellos.push(hello));
  socket.on("sample", (sample) => samples.push(sample));
  socket.on("release", (release) => releases.push(release));
  socket.on("jobs", (list) => jobs.push(list));
  socket.on("alerts", (list) => alerts.push(list));
  socket.on("source", (source) => sources.push(source));
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
