import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Job } from "../../shared/jobs/job.ts";

/** Which backends run jobs that were declared. */
export interface DeclaredWork {
  runsIn(backendId: string): boolean;
}

type Declared = Pick<Job, "id" | "state" | "backend" | "pid">;

/** A job runs in the backend that it named, or else in the one whose process it told. */
export function createDeclaredWork({
  jobs,
  gpus,
}: {
  jobs(): readonly Declared[];
  gpus(): readonly Pick<Gpu, "processes">[];
}): DeclaredWork {
  /** The backend of each running job, once it was found: a later list of processes may fail or leave it out. */
  const owners = new Map<string, { pid: number; backend: string }>();

  function ownerOf({ id, backend, pid }: Declared): string | undefined {
    if (backend !== null || pid === null) return backend ?? undefined;
    const known = owners.get(id);
    if (known?.pid === pid) return known.backend;
    const processes = gpus().flatMap((gpu) => gpu.processes ?? []);
    const found = processes.find((one) => one.pid === pid && one.backend !== undefined)?.backend;
    if (found !== undefined) owners.set(id, { pid, backend: found });
    return found;
  }

  return {
    runsIn(backendId) {
      const running = jobs().filter(({ state }) => state === "running");
      for (const id of owners.keys()) if (running.every((job) => job.id !== id)) owners.delete(id);
      return running.some((job) => ownerOf(job) === backendId);
    },
  };
}
