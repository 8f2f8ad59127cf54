import * as v from "valibot";
import { type Reply, succeed } from "../../shared/protocol/reply.ts";
import {
  type Session,
  type SessionCommand,
  sessionCommandSchema,
  sessionSchema,
} from "../../shared/sessions/session.ts";
import type { ActsOn } from "./acts-on.ts";
import { defineAction } from "./define-action.ts";
import { message } from "./requests.ts";

export const sessions = defineAction<SessionCommand, Session[]>({
  name: "sessions",
  summary: "Lists sessions, or begins, ends or forgets one",
  docs: "the answer is always the whole list",
  may: ({ action }) => (action === "list" ? "see" : "act"),
  reply: v.array(sessionSchema),
  socket: { event: "sessions", takes: message(sessionCommandSchema) },
  run(sidecar, command) {
    const done = carryOut(sidecar.sessions, command);
    return done === null || done.ok ? succeed(sidecar.sessions.list()) : done;
  },
});

function carryOut(area: ActsOn["sessions"], command: SessionCommand): Reply<Session> | null {
  switch (command.action) {
    case "list":
      return null;
    case "start": {
      const { action: _, ...wish } = command;
      return area.start(wish);
    }
    case "stop":
      return area.stop(command.id);
    case "remove":
      return area.remove(command.id);
  }
}
