import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import { type Answer, type CallFailure, createCaller, readAnswer, unreadable } from "./call.ts";

/** A route under `/API` and the permission that it wants. */
export interface SwarmUiRoute {
  name: string;
  permission: string;
}
type Failed = { kind: "failed"; problem: Problem; reached: boolean };
/** Calls a route with a session of its own, which is got when it is needed. */
export type SwarmUiApi = (
  route: SwarmUiRoute,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  timeoutMs?: number,
) => Promise<Answer | Failed>;

const sessionSchema = v.object({
  session_id: v.string(),
  permissions: v.optional(v.array(v.string()), ["*"]),
});
type Session = v.InferOutput<typeof sessionSchema>;
/** The answer, with 200, to whoever may not have a session. */
const refusalSchema = v.object({ error: v.string() });

export function createSwarmUiApi({ apiKey, ...options }: AdapterOptions<"swarmui">): SwarmUiApi {
  const cookie = apiKey === undefined ? {} : { cookie: `swarm_token=${apiKey}` };
  const call = createCaller({ ...options, headers: { ...cookie, ...options.headers } });
  let session: Session | null = null;

  return async (route, body, signal, timeoutMs = options.timeoutMs) => {
    const post = (name: string, json: unknown) =>
      call(`/API/${name}`, signal, { method: "POST", json, timeoutMs });
    const ask = ({ session_id }: Session) => post(route.name, { ...body, session_id });

    const kept = session;
    if (kept !== null) {
      const answer = await ask(kept);
      // Sessions end with a restart of SwarmUI, and after some time without use: then another one is got, once.
      if (answer.kind === "answered" || answer.status !== 401) return explained(answer, kept, route);
    }
    const answer = await post("GetNewSession", {});
    if (answer.kind === "failed") return answer;
    session = readAnswer(answer, sessionSchema);
    if (session !== null) return explained(await ask(session), session, route);
    if (readAnswer(answer, refusalSchema) === null) return unreadable("swarmui");
    return { kind: "failed", problem: unauthorized(answer.status), reached: true };
  };
}

/** A missing permission is a 400 as everything else that is wrong: the session says what it may. */
function explained(answer: Answer | CallFailure, { permissions }: Session, { permission }: SwarmUiRoute) {
  const may = permissions.includes("*") || permissions.includes(permission);
  if (answer.kind === "answered" || answer.status !== 400 || may) return answer;
  return { ...answer, problem: unauthorized(answer.status) };
}

function unauthorized(status: number): Problem {
  return problem("backend-unauthorized", { status });
}
