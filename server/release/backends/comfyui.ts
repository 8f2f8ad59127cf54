import * as v from "valibot";
import type { AllocatorFigures } from "../../../shared/release/backend.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import { allocatorOf } from "./allocator.ts";
import type { Backend, Occasion, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { createCaller, readAnswer } from "./call.ts";
import { type ComfyUiJobs, createComfyUiQueue } from "./comfyui-jobs.ts";
import { listenToComfyUi, type SocketTimings } from "./comfyui-socket.ts";

const bytes = v.pipe(v.number(), v.minValue(0));
/** Only what is needed: `argv` beside it tells paths of the machine. */
const statsSchema = v.object({
  devices: v.array(v.object({ type: v.string(), torch_vram_total: bytes, torch_vram_free: bytes })),
});

/**
 * ComfyUI. `POST /free` only sets two flags, which its worker takes up when the running job has ended, before the
 * next one; an idle worker takes them up at once, unless it misses the wake-up (then a second call helps).
 */
export function createComfyUiBackend(
  options: AdapterOptions<"comfyui"> & { socket: SocketTimings },
): Backend {
  const call = createCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;
  const queue = createComfyUiQueue(call, timeoutMs);

  /** It reads them by `mem_get_info` on its event loop, which may make a CUDA context on every GPU: never polled. */
  async function allocator(signal: AbortSignal): Promise<AllocatorFigures | null> {
    const answer = await call("/system_stats", signal, { timeoutMs });
    const said = answer.kind === "failed" ? null : readAnswer(answer, statsSchema);
    return said === null ? null : allocatorFrom(said);
  }

  async function status(signal: AbortSignal, occasion: Occasion = "watching"): Promise<StatusOutcome> {
    const [jobs, figures] = await Promise.all([
      queue.jobs(signal, occasion !== "watching"),
      occasion === "releasing" ? allocator(signal) : null,
    ]);
    return toStatus(jobs, figures);
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    // With --highvram the models' host memory is the GPU itself: only dropping them frees anything.
    const json = { unload_models: true, free_memory: !options.keepCache };
    const answer = await call("/free", signal, { method: "POST", json });
    return answer.kind === "failed" ? answer : { kind: "accepted", claim: null };
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
    interrupt: queue.interrupt,
    subscribe: (onStatus) =>
      listenToComfyUi({ ...options, timings: options.socket }, async (remaining, signal) => {
        const outcome = toStatus(await queue.jobsOf(remaining, signal), null);
        if (outcome.kind === "status") onStatus(outcome.status);
      }),
  };
}

function toStatus(jobs: ComfyUiJobs, allocator: AllocatorFigures | null): StatusOutcome {
  if (jobs.kind === "failed") return jobs;
  const { busy, queue, job } = jobs;
  return { kind: "status", status: { busy, queue, job, models: [], allocator } };
}

/**
 * All CUDA devices together; other types give host memory in these fields. With dynamic VRAM the weights lie
 * outside PyTorch's allocator, so that it holds less than what a release gives back.
 */
function allocatorFrom(said: v.InferOutput<typeof statsSchema>): AllocatorFigures | null {
  const devices = said.devices.filter(({ type }) => type === "cuda");
  if (devices.length === 0) return null;
  const reserved = devices.reduce((sum, device) => sum + device.torch_vram_total, 0);
  const unused = devices.reduce((sum, device) => sum + device.torch_vram_free, 0);
  return allocatorOf({ allocated: reserved - unused, reserved, maxAllocated: null });
}

export const COMFYUI_ROW: AdapterRow = {
  status: "`GET /prompt`, `GET /api/jobs`; pushed over `/ws`; around a release `GET /system_stats`",
  busy: "a job in progress in `GET /api/jobs`; before 0.5.1 `GET /queue` around a release, else jobs left in `GET /prompt`",
  unload: "`POST /free` with both flags, once more where nothing falls",
  load: null,
  cancel: "`POST /api/jobs/{job}/cancel`; before 0.26 `POST /interrupt` with its id",
  hold: null,
  touches: "around a release alone: `/system_stats` asks CUDA for free memory",
};
