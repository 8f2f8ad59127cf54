import type { IncomingMessage, ServerResponse } from "node:http";
import type * as v from "valibot";
import type { ProblemCode } from "../../shared/problems/codes.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ClientToServerEvents } from "../../shared/protocol/events.ts";
import type { Reply } from "../../shared/protocol/reply.ts";
import type { AnswerDescription, RouteDescription } from "../http/openapi/describe.ts";
import type { ActsOn } from "./acts-on.ts";
import type { Asker } from "./asker.ts";
import type { HttpRequest, SocketMessage } from "./requests.ts";

/**
 * `see`: whoever sees the panel. `act`: whoever has the token, or is on this machine where there is none. `release`: they,
 * and the visitors of an app, for whose page the app's proxy has signed: those may release that app and no more.
 */
export type Right = "see" | "release" | "act";

/** One thing that can be asked of the sidecar, on however many ways: what it takes and answers, and who may. */
export interface Definition<R, A, By extends Asker = Asker> {
  name: string;
  /** One line, without a full stop: `openapi.json` and docs/protocol.md say it. */
  summary: string;
  /** What docs/protocol.md says beyond that, in Markdown. */
  docs?: string;
  /** A right that is asked for before anything is read, or one that depends on what is asked for. */
  may: Right | ((request: R) => Right);
  reply: v.GenericSchema<unknown, A>;
  http?: HttpWay<R, A>;
  socket?: SocketWay<R, A>;
  /** `null`: what the path names is not there. */
  run(sidecar: ActsOn, request: R, asker: By): Answered<A> | Promise<Answered<A>>;
}
export type Answered<A> = Reply<A> | null;

/** How an action is asked for by HTTP. */
export interface HttpWay<R, A> {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the base path, with `{id}` for what varies: `/api/v1/jobs/{id}`. */
  path: string;
  /** What an id consists of; letters, digits, `_` and `-` without it. */
  id?: RegExp;
  takes: HttpRequest<R>;
  /** What each status means. Where none is chosen, the lowest is sent. */
  answers: Readonly<Record<number, string | AnswerDescription>>;
  status?(data: A): number;
  headers?(data: A): Readonly<Record<string, string>>;
  /** Names the answer, so that who has it already (`If-None-Match`) gets 304 in its place. */
  etag?(data: A): string;
  /** Answers that are no JSON. */
  text?(data: A): { type: string; text: string };
  /** The answer stays open after its first line, for as long as somebody holds it; how often it is written to. */
  stays?(sidecar: ActsOn): number;
  /** Status of a refusal by its code. */
  refused?: { readonly [code in ProblemCode]?: number } & { readonly otherwise: number };
}

/** How it is asked for by Socket.IO: the events whose acknowledgement is this answer. */
export interface SocketWay<R, A> {
  event: EventWith<A>;
  takes: SocketMessage<R>;
}

type Acknowledged = {
  [E in keyof ClientToServerEvents]: Parameters<ClientToServerEvents[E]> extends [
    ...unknown[],
    (reply: Reply<infer D>) => void,
  ]
    ? D
    : never;
};
type EventWith<A> = {
  [E in keyof Acknowledged]: [A] extends [Acknowledged[E]] ? E : never;
}[keyof Acknowledged];

/** One request on its way through a route. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** What stands for `{id}` in the path. */
  id: string;
  /** Why the caller may not act, or `null`. */
  actProblem: Problem | null;
}

/** An action as the HTTP server has it. */
export interface Route {
  method: HttpWay<unknown, unknown>["method"];
  /** Matched against the path below the base path. */
  path: RegExp;
  /** What `openapi.json` says of it. */
  describe: RouteDescription;
  handle(exchange: Exchange, sidecar: ActsOn): Promise<void>;
}
