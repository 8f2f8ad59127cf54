import type { Socket } from "socket.io-client";
import type * as v from "valibot";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ClientToServerEvents, ServerToClientEvents } from "../../shared/protocol/events.ts";
import type { Hello, Resumed } from "../../shared/protocol/messages.ts";
import type { Reply } from "../../shared/protocol/reply.ts";
import type { WireSample } from "../../shared/protocol/sample-codec.ts";
import type { ReleaseMode } from "../../shared/release/release.ts";
import type { Parts } from "./read-changes.ts";

/** State of the way between panel and sidecar; whether the sidecar itself gets samples is another matter. */
export type ConnectionStatus = "connecting" | "live" | "stale" | "offline" | "refused";

/** Everything that can reach a panel. */
export type PanelEvent =
  | { type: "connection"; status: ConnectionStatus; problem: Problem | null }
  | { type: "hello"; hello: Hello }
  /** What a turn brought: a sample or none, and the parts of the view that changed, as they are now. */
  | { type: "turn"; sample: WireSample | null; parts: Parts }
  /** What came after `sinceSeq`, in place of what the panel has of it. */
  | { type: "resumed"; sinceSeq: number; resumed: Resumed };

/** What a user wants released. */
export interface ReleaseWish {
  mode: ReleaseMode;
  /** The run of the sidecar that the user looked at. */
  bootId: string;
  /** One backend alone; all of them without it. */
  backend?: string;
  /** Another host of the group; the sidecar's own without it. */
  host?: string;
}

/** The way to ask the sidecar, while the connection is live. */
export type Asking = Pick<
  ReturnType<Socket<ServerToClientEvents, ClientToServerEvents>["timeout"]>,
  "emitWithAck"
>;

/** Where a panel's data come from. */
export interface PanelSource {
  subscribe(listener: (event: PanelEvent) => void): () => void;
  /** Refused at once unless the connection is live: a click made offline must not hit a later job. */
  release(demand: ReleaseWish): Promise<Reply<{ id: string }>>;
  /** Cancels the release of this id while it waits for a job. */
  cancelRelease(id: string): Promise<Reply<{ id: string }>>;
  /** Makes a backend load again what a release took away; the answer comes when it is loaded. */
  loadBackend(id: string): Promise<Reply<{ id: string }>>;
  /** Asks for something that is seldom wanted: what the answer looks like comes with the part that asks. */
  ask<T>(
    schema: v.GenericSchema<unknown, Reply<T>>,
    send: (sidecar: Asking) => Promise<unknown>,
    /** How long it may take; some seconds without it. */
    ms?: number,
  ): Promise<Reply<T>>;
  /** How much of the past a panel is going to show: what is missing of it is asked for. */
  wantHistory(windowMs: number): void;
  /** A hidden panel asks for no samples. */
  setVisible(visible: boolean): void;
  /** The first figures stand there: what the panel can do without until then may load. */
  drawn?(): void;
  close(): void;
}
