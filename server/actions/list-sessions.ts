import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { sessionSchema } from "../../shared/sessions/session.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const listSessions = defineAction({
  name: "list-sessions",
  summary: "Marked stretches of time and what each GPU did in them, newest first",
  docs: '`{sessions: [{id, label, kind: "hand"\\|"job", startedAt, endedAt, gpus}]}`; `gpus[]` has each GPU\'s figures: see [records](records.md#sessions)',
  may: "see",
  reply: v.object({ sessions: v.array(sessionSchema) }),
  http: {
    method: "GET",
    path: "/api/v1/sessions",
    takes: nothing,
    answers: { 200: "The sessions" },
  },
  run: (sidecar) => succeed({ sessions: sidecar.sessions.list() }),
});
