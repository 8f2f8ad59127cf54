import type { Job } from "../../shared/capacity/job.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";

/** Runs a job there that somebody marked? By the backend that the job named, or else by its process. Pure. */
export function runsMarkedJob(
  backendId: string,
  jobs: readonly Pick<Job, "state" | "backend" | "pid">[],
  gpus: readonly Pick<Gpu, "processes">[],
): boolean {
  const isOwn = (pid: number) =>
    gpus.some(({ processes }) => processes?.some((one) => one.pid === pid && one.backend === backendId));
  return jobs.some(
    ({ state, backend, pid }) =>
      state === "running" && (backend === null ? pid !== null && isOwn(pid) : backend === backendId),
  );
}
