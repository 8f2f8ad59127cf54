import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AllocatorFigures } from "../../../shared/release/backend.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import { allocatorOf } from "./allocator.ts";
import type { CallOutcome, Occasion, UnloadOutcome } from "./backend.ts";
import { type Answer, type CallFailure, createCaller, readAnswer } from "./call.ts";

export type SdApiOptions = AdapterOptions<"a1111" | "forge" | "sdnext">;

/** What A1111, Forge and SD.Next have in common: the routes under `/sdapi/v1`, with HTTP Basic. */
export interface SdApi {
  /** Asks something that is answered at once. */
  get(route: string, signal: AbortSignal): Promise<Answer | CallFailure>;
  /** Tells it to do something; the answer comes when it is done, and may have no body. */
  post(route: string, signal: AbortSignal): Promise<CallOutcome>;
  /** The same for what reads a model from disk. */
  load(route: string, signal: AbortSignal): Promise<Answer | CallFailure>;
  /** How many jobs of its page wait for the running one; `null` where that is not told. */
  pending(signal: AbortSignal): Promise<number | null>;
  /**
   * PyTorch's figures; `null` where it does not tell them. It reads them by `mem_get_info`, which may make a CUDA context:
   * asked around a release alone.
   */
  allocator(signal: AbortSignal, occasion: Occasion): Promise<AllocatorFigures | null>;
}

/** Whether a job runs, where that could be read. */
export type JobsOutcome =
  | { kind: "jobs"; busy: boolean; queue: number | null; job: string | null }
  | { kind: "failed"; problem: CallFailure["problem"]; reached: boolean };

const bytes = v.pipe(v.number(), v.minValue(0));
/** Without CUDA each half is `{"error": …}` instead. */
const memorySchema = v.object({
  cuda: v.object({
    allocated: v.object({ current: bytes, peak: bytes }),
    reserved: v.object({ current: bytes }),
  }),
});

/** A job of the page leaves it when it begins. */
const pendingSchema = v.object({ size: v.pipe(v.number(), v.integer(), v.minValue(0)) });

export function createSdApi({ username, password, ...options }: SdApiOptions): SdApi {
  const hasLogin = username !== undefined || password !== undefined;
  const login = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
  const headers = { ...(hasLogin ? { authorization: `Basic ${login}` } : {}), ...options.headers };
  const call = createCaller({ ...options, headers });
  const { statusTimeoutMs: timeoutMs, loadTimeoutMs } = options;

  async function get(route: string, signal: AbortSignal) {
    return explained(await call(`/sdapi/v1/${route}`, signal, { timeoutMs }));
  }
  return {
    get,
    async post(route, signal) {
      const answer = explained(await call(`/sdapi/v1/${route}`, signal, { method: "POST" }));
      return answer.kind === "failed" ? answer : { kind: "accepted" };
    },
    load: async (route, signal) =>
      explained(await call(`/sdapi/v1/${route}`, signal, { method: "POST", timeoutMs: loadTimeoutMs })),
    async pending(signal) {
      const answer = await call("/internal/pending-tasks", signal, { timeoutMs });
      return answer.kind === "failed" ? null : (readAnswer(answer, pendingSchema)?.size ?? null);
    },
    async allocator(signal, occasion) {
      if (occasion !== "releasing") return null;
      const answer = await get("memory", signal);
      const said = answer.kind === "failed" ? null : readAnswer(answer, memorySchema);
      if (said === null) return null;
      const { allocated, reserved } = said.cuda;
      return allocatorOf({
        allocated: allocated.current,
        reserved: reserved.current,
        maxAllocated: allocated.peak,
      });
    },
  };
}

/**
 * Unloads, unless a job runs: no lock keeps the weights from being moved away under the sampler. Looking
 * just before the call is as close as one gets from outside.
 */
export async function unloadIfIdle(
  api: SdApi,
  jobs: JobsOutcome,
  signal: AbortSignal,
): Promise<UnloadOutcome> {
  if (jobs.kind === "failed") return jobs;
  if (jobs.busy) return { kind: "failed", problem: problem("backend-busy"), reached: false };
  const outcome = await api.post("unload-checkpoint", signal);
  return outcome.kind === "failed" ? outcome : { kind: "accepted", claim: null };
}

/** The program answers there without its API, too: then none of these routes exists. */
function explained(answer: Answer | CallFailure): Answer | CallFailure {
  if (answer.kind !== "failed" || answer.status !== 404) return answer;
  return { ...answer, problem: problem("backend-no-api", { remedy: "Start it with --api." }) };
}
