import * as v from "valibot";
import type { AllocatorFigures, BackendStatus } from "../../../shared/release/backend.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import { allocatorOf } from "./allocator.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Answer, type CallFailure, createCaller, readAnswer, unreadable } from "./call.ts";
import { execInfoSchema, listenToComfyUi, type SocketTimings } from "./comfyui-socket.ts";

/** `/queue` carries the workflow of every job; of all that only the ids are read. */
const LARGEST_QUEUE_BYTES = 8 * 1024 * 1024;

const bytes = v.pipe(v.number(), v.minValue(0));
/** Only what is needed: `argv` beside it tells paths of the machine. */
const statsSchema = v.object({
  devices: v.array(v.object({ type: v.string(), torch_vram_total: bytes, torch_vram_free: bytes })),
});
/** A job is `[number, prompt_id, workflow, …]`; the tuple leaves the rest out. */
const queueSchema = v.object({ queue_running: v.array(v.tuple([v.unknown(), v.string()])) });

/**
 * ComfyUI. `POST /free` only sets two flags, which its worker takes up when the running job has ended, before the
 * next one; an idle worker takes them up at once, unless it misses the wake-up (then a second call helps).
 */
export function createComfyUiBackend(
  options: AdapterOptions<"comfyui"> & { socket: SocketTimings },
): Backend {
  const call = createCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;
  /** As last read: what is pushed does not tell it. */
  let allocator: AllocatorFigures | null = null;

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const [jobs, stats] = await Promise.all([
      // Not `/queue`, which carries every workflow.
      call("/prompt", signal, { timeoutMs }),
      call("/system_stats", signal, { timeoutMs }),
    ]);
    if (jobs.kind === "failed") return jobs;
    const said = readAnswer(jobs, execInfoSchema);
    if (said === null) return unreadable("comfyui");
    allocator = allocatorFrom(stats);
    return { kind: "status", status: toStatus(said.exec_info.queue_remaining, allocator) };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    // With --highvram the models' host memory is the GPU itself: only dropping them frees anything.
    const json = { unload_models: true, free_memory: !options.keepCache };
    const answer = await call("/free", signal, { method: "POST", json });
    return answer.kind === "failed" ? answer : { kind: "accepted", claim: null };
  }

  async function interrupt(signal: AbortSignal): Promise<CallOutcome> {
    const queue = await call("/queue", signal, { timeoutMs, largestBytes: LARGEST_QUEUE_BYTES });
    if (queue.kind === "failed") return queue;
    const said = readAnswer(queue, queueSchema);
    if (said === null && queue.text !== null) return unreadable("comfyui");
    const running = said?.queue_running[0];
    // It has ended meanwhile: without its id whatever came next would be stopped.
    if (said !== null && running === undefined) return { kind: "accepted" };
    // A queue too large to be read must not keep the user from stopping a job.
    const json = running === undefined ? {} : { prompt_id: running[1] };
    const answer = await call("/interrupt", signal, { method: "POST", json });
    return answer.kind === "failed" ? answer : { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "comfyui",
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "deferred",
    retryWhileIdle: true,
    status,
    unload,
    interrupt,
    subscribe: (onStatus) =>
      listenToComfyUi({ ...options, timings: options.socket }, (jobs) => onStatus(toStatus(jobs, allocator))),
  };
}

function toStatus(jobs: number, allocator: AllocatorFigures | null): BackendStatus {
  return { busy: jobs > 0, queue: Math.max(0, jobs - 1), models: [], allocator };
}

/**
 * All CUDA devices together; other types give host memory in these fields. With dynamic VRAM the weights lie
 * outside PyTorch's allocator, so that it holds less than what a release gives back.
 */
function allocatorFrom(answer: Answer | CallFailure): AllocatorFigures | null {
  const said = answer.kind === "failed" ? null : readAnswer(answer, statsSchema);
  const devices = said?.devices.filter(({ type }) => type === "cuda") ?? [];
  if (devices.length === 0) return null;
  const reserved = devices.reduce((sum, device) => sum + device.torch_vram_total, 0);
  const unused = devices.reduce((sum, device) => sum + device.torch_vram_free, 0);
  return allocatorOf({ allocated: reserved - unused, reserved, maxAllocated: null });
}

export const COMFYUI_ROW: AdapterRow = {
  status: "`GET /prompt`, `GET /system_stats`; pushed over `/ws`",
  busy: "jobs left in `GET /prompt`",
  unload: "`POST /free` with both flags",
  load: null,
  cancel: "`GET /queue`, `POST /interrupt` with its id",
  hold: null,
  touches: "`/system_stats` asks CUDA for free memory",
};
