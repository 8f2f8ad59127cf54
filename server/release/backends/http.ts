import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Answer, type Call, type CallFailure, createCaller, readAnswer, unreadable } from "./call.ts";
import { readFields, readHookStatus, type StatusFields } from "./http-status.ts";

/** Another call to the same program. */
interface OtherHook {
  url: string;
  method: string;
  body?: unknown;
}

/** How to call the hook. */
export interface HttpHook {
  id: string;
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  /** Sent as JSON in place of `{"action":"unload","mode":…}`. */
  body?: unknown;
  timeoutMs: number;
  statusTimeoutMs: number;
  loadTimeoutMs: number;
  /** Ask for the status with `GET <url>`; never where GET is the unload call itself. */
  status: boolean;
  /** Where else the status is, and in which fields. */
  statusUrl?: string | StatusFields | undefined;
  /** Stops the running job. */
  interrupt?: OtherHook | undefined;
  /** Loads again what was unloaded. */
  load?: OtherHook | undefined;
}

/** The status is optional: a hook that only takes the unload call answers so to a GET. */
const NO_SUCH_METHOD: readonly number[] = [404, 405, 501];

const NO_STATUS: StatusOutcome = {
  kind: "status",
  status: { busy: null, queue: null, models: [], allocator: null },
};

const claimSchema = v.object({
  freed_mib: v.optional(v.nullable(v.number())),
  models: v.optional(v.nullable(v.array(v.string()))),
});
/** Some programs refuse with 200 (KoboldCpp). */
const refusalSchema = v.object({ success: v.literal(false) });

/** The generic unload hook: one HTTP call, any 2xx means accepted; optionally its status by GET. */
export function createHttpBackend(hook: HttpHook): Backend {
  const send = (body: unknown, method: string): Call => ({
    method,
    ...(method === "GET" ? {} : { json: body }),
  });
  const call = createCaller(hook);

  async function unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome> {
    const body = hook.body ?? { action: "unload", mode };
    const answer = agreed(await call("", signal, send(body, hook.method)));
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, claimSchema);
    const { freed_mib: freedMiB = null, models = null } = said ?? {};
    return { kind: "accepted", claim: freedMiB === null && models === null ? null : { freedMiB, models } };
  }

  /** A way to call another hook of it. */
  const other = ({ url, method, body }: OtherHook, action: string, timeoutMs: number) => {
    const callOther = createCaller({ ...hook, url, timeoutMs });
    return async (signal: AbortSignal): Promise<CallOutcome> => {
      const answer = agreed(await callOther("", signal, send(body ?? { action }, method)));
      return answer.kind === "failed" ? answer : { kind: "accepted" };
    };
  };

  const status = statusOf(hook);
  const { interrupt, load } = hook;
  return {
    id: hook.id,
    kind: "http",
    url: hook.url,
    modes: [
      "auto",
      "now",
      ...(status === null ? [] : (["after-current"] as const)),
      ...(interrupt === undefined ? [] : (["interrupt"] as const)),
    ],
    duringJob: "unknown",
    unload,
    ...(status === null ? {} : { status }),
    ...(interrupt === undefined ? {} : { interrupt: other(interrupt, "interrupt", hook.timeoutMs) }),
    ...(load === undefined ? {} : { load: other(load, "load", hook.loadTimeoutMs) }),
  };
}

/** How its status is asked for; `null` where there is no way. */
function statusOf(hook: HttpHook): ((signal: AbortSignal) => Promise<StatusOutcome>) | null {
  const { statusUrl, statusTimeoutMs: timeoutMs } = hook;
  if (statusUrl !== undefined) {
    const fields = typeof statusUrl === "string" ? null : statusUrl;
    const ask = createCaller({ ...hook, url: fields?.url ?? String(statusUrl), timeoutMs });
    return async (signal) => {
      const answer = await ask("", signal);
      if (answer.kind === "failed") return answer;
      if (fields !== null) return readFields(answer, fields);
      const status = readHookStatus(answer);
      return status === null ? unreadable(hook.id) : { kind: "status", status };
    };
  }
  if (!hook.status || hook.method === "GET") return null;
  const call = createCaller({ ...hook, timeoutMs });
  /** `false` once its first answer to a GET was something else: a hook that does not heed the method must not be called again. */
  let tellsStatus: boolean | null = null;
  return async (signal) => {
    if (tellsStatus === false) return NO_STATUS;
    const answer = await call("", signal);
    if (answer.kind === "failed") {
      return NO_SUCH_METHOD.includes(answer.status ?? 0) ? NO_STATUS : answer;
    }
    const status = readHookStatus(answer);
    if (status !== null) {
      tellsStatus = true;
      return { kind: "status", status };
    }
    if (tellsStatus === true || answer.text === null) return unreadable(hook.id);
    tellsStatus = false;
    return NO_STATUS;
  };
}

function agreed(answer: Answer | CallFailure): Answer | CallFailure {
  if (answer.kind === "failed" || readAnswer(answer, refusalSchema) === null) return answer;
  const { status } = answer;
  return { kind: "failed", problem: problem("hook-refused"), reached: true, refused: true, status };
}

export const HTTP_ROW: AdapterRow = {
  status: "`GET {url}`, or `GET {statusUrl}`",
  busy: "`busy` of the same, or the field that `statusUrl` names",
  unload: "`POST {url}`, or as configured; `success: false` in a 200 is a refusal",
  load: "`POST {load.url}`, where one is named",
  cancel: "`POST {interrupt.url}`, where one is named",
  hold: null,
  touches: "is up to the hook",
};
