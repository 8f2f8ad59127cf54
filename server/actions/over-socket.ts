import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../shared/protocol/reply.ts";
import type { ActsOn } from "./acts-on.ts";
import type { Viewer } from "./asker.ts";
import type { Answered, Definition, SocketWay } from "./definition.ts";
import type { Parsed, SocketMessage } from "./requests.ts";
import { problemWith } from "./right.ts";

/** An action as the gateway has it. */
export interface SocketEvent {
  name: string;
  schema: SocketMessage<unknown>["schema"];
  /** @param args anything at all, also no acknowledgement */
  answer(sidecar: ActsOn, viewer: Viewer, args: readonly unknown[]): void;
}

/** Binds an action to an event: asks for the right, checks the message, and acknowledges what came of it. */
export function overSocket<R, A>(
  action: Pick<Definition<R, A, Viewer>, "may" | "run">,
  { event, takes }: SocketWay<R, A>,
): SocketEvent {
  const { may } = action;

  function replyTo(sidecar: ActsOn, viewer: Viewer, message: unknown): Reply<A> | Promise<Reply<A>> {
    const refused = typeof may === "function" ? null : problemWith(may, viewer);
    if (refused !== null) return refuse(refused);
    const parsed: Parsed<R> = takes.parse(message);
    if (!parsed.ok) return refuse(problem("bad-request", { detail: parsed.detail }));
    const refusedThen = typeof may === "function" ? problemWith(may(parsed.request), viewer) : null;
    if (refusedThen !== null) return refuse(refusedThen);
    const found = (answered: Answered<A>) => answered ?? refuse(problem("not-found", { path: event }));
    const answered = action.run(sidecar, parsed.request, viewer);
    return answered instanceof Promise ? answered.then(found) : found(answered);
  }

  return {
    name: event,
    schema: takes.schema,
    answer(sidecar, viewer, args) {
      const [message, ack] = takes.schema === null ? [undefined, args[0]] : args;
      const acknowledge = (reply: Reply<A>) => {
        if (typeof ack === "function") ack(reply);
      };
      const reply = replyTo(sidecar, viewer, message);
      // Without a promise where it is known: the acknowledgement must come before the next turn.
      if (reply instanceof Promise) void reply.then(acknowledge);
      else acknowledge(reply);
    },
  };
}
