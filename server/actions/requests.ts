import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { describeIssues } from "../../shared/protocol/requests.ts";
import type { RouteDescription } from "../http/openapi/describe.ts";
import { readJson } from "../http/read-json.ts";

export type Parsed<R> = { ok: true; request: R } | { ok: false; detail: string };

/** What an action takes of a request, and where it stands there. */
export interface HttpRequest<R> extends Pick<RouteDescription, "query" | "body"> {
  /** @param id what stands for `{id}` in the path */
  read(request: IncomingMessage, url: URL, id: string): Parsed<R> | Promise<Parsed<R>>;
}

/** What an action takes of an event. */
export interface SocketMessage<R> {
  /** `null`: the event carries nothing but its acknowledgement. */
  schema: v.GenericSchema | null;
  parse(message: unknown): Parsed<R>;
}

type Query = NonNullable<RouteDescription["query"]>;

export const nothing: HttpRequest<null> & SocketMessage<null> = {
  schema: null,
  read: () => ({ ok: true, request: null }),
  parse: () => ({ ok: true, request: null }),
};

/** The `{id}` of the path alone. */
export const idOfPath: HttpRequest<{ id: string }> = {
  read: (_request, _url, id) => ({ ok: true, request: { id } }),
};

export function query<const S extends Query>(schema: S): HttpRequest<v.InferOutput<S> & { id: string }> {
  return {
    query: schema,
    read: (_request, url, id) => withId(parse(schema, Object.fromEntries(url.searchParams)), id),
  };
}

export function body<const S extends v.GenericSchema<unknown, object>>(
  schema: S,
): HttpRequest<v.InferOutput<S> & { id: string }> {
  return {
    body: schema,
    async read(request, _url, id) {
      const read = await readJson(request);
      return read.ok ? withId(parse(schema, read.value), id) : read;
    },
  };
}

/** A request without a body reads as `{}`, so that a plain heartbeat needs no headers. */
export function bodyOrNothing<const S extends v.GenericSchema<unknown, object>>(
  schema: S,
): ReturnType<typeof body<S>> {
  const taken = body(schema);
  return {
    ...taken,
    read: (request, url, id) =>
      hasBody(request) ? taken.read(request, url, id) : withId(parse(schema, {}), id),
  };
}

export function message<const S extends v.GenericSchema>(schema: S): SocketMessage<v.InferOutput<S>> {
  return { schema, parse: (value) => parse(schema, value) };
}

function parse<const S extends v.GenericSchema>(schema: S, value: unknown): Parsed<v.InferOutput<S>> {
  const parsed = v.safeParse(schema, value);
  return parsed.success
    ? { ok: true, request: parsed.output }
    : { ok: false, detail: describeIssues(parsed.issues) };
}

function withId<R extends object>(parsed: Parsed<R>, id: string): Parsed<R & { id: string }> {
  return parsed.ok ? { ok: true, request: { ...parsed.request, id } } : parsed;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
