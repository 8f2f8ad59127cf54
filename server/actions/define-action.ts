import type { Viewer } from "./asker.ts";
import type { Definition, Right, Route } from "./definition.ts";
import { overHttp } from "./over-http.ts";
import { overSocket, type SocketEvent } from "./over-socket.ts";

/** What `table.ts` lists: an action under the address and the event by which it is asked for. */
export interface Action {
  name: string;
  summary: string;
  docs: string;
  /** `depends`: on what is asked for. */
  may: Right | "depends";
  route: Route | null;
  event: SocketEvent | null;
}

/** An action by HTTP, by the socket, or by both. */
export function defineAction<R, A>(definition: Definition<R, A>): Action {
  const { http, socket } = definition;
  return {
    ...toldOf(definition),
    route: http === undefined ? null : overHttp(definition, http),
    event: socket === undefined ? null : overSocket(definition, socket),
  };
}

/** An action on the very connection that asks for it: an event alone. */
export function defineViewerAction<R, A>(
  definition: Omit<Definition<R, A, Viewer>, "http" | "socket"> &
    Required<Pick<Definition<R, A, Viewer>, "socket">>,
): Action {
  return { ...toldOf(definition), route: null, event: overSocket(definition, definition.socket) };
}

function toldOf<R, A>({
  name,
  summary,
  docs = "",
  may,
}: Pick<Definition<R, A>, "name" | "summary" | "docs" | "may">) {
  return { name, summary, docs, may: typeof may === "function" ? ("depends" as const) : may };
}
