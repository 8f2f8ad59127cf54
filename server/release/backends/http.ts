import * as v from "valibot";
import type { BackendStatus } from "../../../shared/release/backend.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Call, createCaller, readAnswer, unreadable } from "./call.ts";

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
  /** Ask for the status with `GET <url>`; never where GET is the unload call itself. */
  status: boolean;
  /** A second hook that stops the running job. */
  interrupt?: { url: string; method: string; body?: unknown } | undefined;
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

const count = v.nullish(v.pipe(v.number(), v.minValue(0)), null);
const statusSchema = v.object({
  // Required: it tells a status from whatever else a hook may answer to a GET.
  busy: v.nullable(v.boolean()),
  queue: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)), null),
  models: v.nullish(v.array(v.union([v.string(), v.object({ name: v.string(), used_mib: count })])), []),
  allocator: v.nullish(
    v.object({ allocated_mib: count, reserved_mib: count, max_allocated_mib: count }),
    null,
  ),
});

/** The generic unload hook: one HTTP call, any 2xx means accepted; optionally its status by GET. */
export function createHttpBackend(hook: HttpHook): Backend {
  const call = createCaller(hook);
  const hasStatus = hook.status && hook.method !== "GET";
  const send = (body: unknown, method: string): Call => ({
    method,
    ...(method === "GET" ? {} : { json: body }),
  });

  async function unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome> {
    const answer = await call("", signal, send(hook.body ?? { action: "unload", mode }, hook.method));
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, claimSchema);
    const { freed_mib: freedMiB = null, models = null } = said ?? {};
    return { kind: "accepted", claim: freedMiB === null && models === null ? null : { freedMiB, models } };
  }

  /** `false` once its first answer to a GET was something else: a hook that does not heed the method must not be called again. */
  let tellsStatus: boolean | null = null;
  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    if (tellsStatus === false) return NO_STATUS;
    const answer = await call("", signal, { timeoutMs: hook.statusTimeoutMs });
    if (answer.kind === "failed") {
      return NO_SUCH_METHOD.includes(answer.status ?? 0) ? NO_STATUS : answer;
    }
    const said = readAnswer(answer, statusSchema);
    if (said !== null) {
      tellsStatus = true;
      return { kind: "status", status: toStatus(said) };
    }
    if (tellsStatus === true || answer.text === null) return unreadable(hook.id);
    tellsStatus = false;
    return NO_STATUS;
  }

  const { interrupt } = hook;
  const callInterrupt = interrupt && createCaller({ ...hook, url: interrupt.url });
  async function stop(signal: AbortSignal): Promise<CallOutcome> {
    if (interrupt === undefined || callInterrupt === undefined) return { kind: "accepted" };
    const answer = await callInterrupt(
      "",
      signal,
      send(interrupt.body ?? { action: "interrupt" }, interrupt.method),
    );
    return answer.kind === "failed" ? answer : { kind: "accepted" };
  }

  return {
    id: hook.id,
    kind: "http",
    url: hook.url,
    modes: [
      "auto",
      "now",
      ...(hasStatus ? (["after-current"] as const) : []),
      ...(interrupt === undefined ? [] : (["interrupt"] as const)),
    ],
    duringJob: "unknown",
    unload,
    ...(hasStatus ? { status } : {}),
    ...(interrupt === undefined ? {} : { interrupt: stop }),
  };
}

function toStatus({ busy, queue, models, allocator }: v.InferOutput<typeof statusSchema>): BackendStatus {
  return {
    busy,
    queue,
    models: (models ?? []).map((model) =>
      typeof model === "string"
        ? { name: model, usedMiB: null }
        : { name: model.name, usedMiB: model.used_mib },
    ),
    allocator: allocator && {
      allocatedMiB: allocator.allocated_mib,
      reservedMiB: allocator.reserved_mib,
      maxAllocatedMiB: allocator.max_allocated_mib,
    },
  };
}

export const HTTP_ROW: AdapterRow = {
  status: "`GET {url}`",
  busy: "`busy` of the same",
  unload: "`POST {url}`, or as configured",
  load: null,
  cancel: "`POST {interrupt.url}`, where one is named",
  hold: null,
  touches: "is up to the hook",
};
