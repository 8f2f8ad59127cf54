import { createEstimator } from "../../server/capacity/estimator.ts";
import type { Signature } from "../../server/capacity/learn.ts";
import { BUILT_IN_PROFILES } from "../../shared/capacity/built-in-profiles.ts";
import { DEFAULT_RESERVE } from "../../shared/capacity/concurrency.ts";
import type { Job } from "../../shared/capacity/job.ts";
import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import { gpusAt } from "../unit/client/store/small-sidecar.ts";
import { backendWith } from "./backend-with.ts";

export const TOTAL = 98_304;
export const SMALL = "wan2.1-1.3b-t2v-480p-quant";
export const python = (pid: number, usedMiB: number, backend?: string): GpuProcess => ({
  pid,
  name: "python",
  usedMiB,
  ...(backend === undefined ? {} : { backend }),
});
export const jobOf = (id: string, more: Partial<Job> = {}): Job => ({
  id,
  label: id,
  profile: SMALL,
  state: "running",
  gpus: [0],
  gpuCount: 1,
  peakMiB: 14_000,
  backend: null,
  pid: null,
  phase: null,
  requestedBy: "test",
  requestedAt: 0,
  startedAt: 0,
  endedAt: null,
  expiresAt: 600_000,
  position: null,
  ...more,
});

/** An estimator on one GPU, shown a list of processes every second. */
export function station({ watched = false } = {}) {
  let jobs: Job[] = [];
  let nowMs = 0;
  const kept: Signature[] = [];
  const estimator = createEstimator({
    profiles: BUILT_IN_PROFILES,
    store: { load: () => [], append: (signature) => kept.push(signature) },
    jobs: () => jobs,
    backends: () => [backendWith(), backendWith({ id: "other" })],
    reserve: DEFAULT_RESERVE,
    isWsl: false,
    epochMs: 0,
    readHost: () => ({ memoryTotalMiB: null, memoryAvailableMiB: null, memoryLimitMiB: null }),
  });
  estimator.setWatched(watched);
  const room = () => {
    const [gpu] = gpusAt(1, ["GPU-a"]);
    if (gpu === undefined) throw new Error("no GPU");
    return estimator.roomOf({ ...gpu, memoryTotalMiB: TOTAL });
  };
  return {
    estimator,
    kept,
    room,
    run(...next: Job[]) {
      jobs = next;
      estimator.look();
    },
    end(id: string, more: { state?: Job["state"]; peakMiB?: number; oom?: boolean } = {}) {
      const job = jobs.find((one) => one.id === id);
      if (job === undefined) throw new Error(id);
      const ended = { ...job, state: more.state ?? ("done" as const), endedAt: nowMs };
      jobs = jobs.map((one) => (one.id === id ? ended : one));
      estimator.jobEnded({ job: ended, peakMiB: more.peakMiB ?? null, oom: more.oom ?? false });
    },
    /** @param freeMiB what the sample says, where that is another moment than the list's */
    see(processes: GpuProcess[], { util = 90, freeMiB }: { util?: number; freeMiB?: number } = {}) {
      nowMs += 1000;
      const held = processes.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 500);
      const free = freeMiB ?? TOTAL - held;
      const gpus = gpusAt(1, ["GPU-a"]).map((gpu) => ({
        ...gpu,
        memoryTotalMiB: TOTAL,
        memoryUsedMiB: TOTAL - free,
        memoryFreeMiB: free,
        utilizationGpuPct: util,
        processes,
      }));
      estimator.sample({ seq: nowMs / 1000, tMs: nowMs, gpus });
      return estimator.promises()[0]?.promisedMiB ?? null;
    },
    figure: (id = SMALL) => estimator.profiles().find((profile) => profile.id === id),
  };
}
/** Takes the step so often; what the last one gave. */
export const times = <T>(n: number, step: () => T): T | undefined => Array.from({ length: n }, step).at(-1);
