import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../../shared/protocol/reply.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { type Session, type SessionCommand, sessionCommandSchema } from "../../../shared/sessions/session.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Lists sessions, or begins, ends or forgets one; the answer is the list as it is then. */
export function sessions(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<Session[]> {
  const parsed = v.safeParse(sessionCommandSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  const command = parsed.output;
  if (command.action !== "list" && viewer.actProblem !== null) return refuse(viewer.actProblem);
  const done = act(sidecar, command);
  return done === null || done.ok ? succeed(sidecar.sessions.list()) : done;
}

function act({ sessions: area }: Sidecar, command: SessionCommand): Reply<Session> | null {
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
