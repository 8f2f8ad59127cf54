import type { Records } from "../../../../server/capacity/admission.ts";
import { type JobWish, request } from "../../../../server/capacity/admission.ts";
import { isRunning, isWaiting } from "../../../../server/capacity/job-record.ts";
import type { GpuNow, GpuView } from "../../../../server/capacity/room.ts";

/** One GPU as it truly is, MiB. */
export interface TrueGpu {
  totalMiB: number;
  reserveMiB: number;
  /** What other programs use. */
  othersMiB: number;
}

/** What each job truly holds on each of its GPUs, by id. */
export type Held = ReadonlyMap<string, number>;

/** How the machine tells who holds what. */
export type Telling = "process" | "growth" | "nothing" | "unknown";

export const wishOf = (id: string, peakMiB: number, more: Partial<JobWish> = {}): JobWish => ({
  id,
  label: id,
  profile: null,
  peakMiB,
  gpuCount: 1,
  allowed: null,
  backend: null,
  pid: null,
  requestedBy: "test",
  requestId: null,
  ttlMs: 60_000,
  wait: true,
  ...more,
});

export const onGpu = (records: Records, gpu: number) =>
  records.filter((record) => isRunning(record) && record.job.gpus.includes(gpu)).map(({ job }) => job);

/** The machine as the samples show it. */
export function seen(gpus: readonly TrueGpu[], records: Records, held: Held, telling: Telling): GpuNow[] {
  return gpus.map(({ totalMiB, reserveMiB, othersMiB }, index) => {
    const jobs = onGpu(records, index);
    const usedMiB = othersMiB + jobs.reduce((sum, { id }) => sum + (held.get(id) ?? 0), 0);
    const freeMiB = totalMiB - usedMiB;
    const processes = jobs.flatMap(({ id, pid }) =>
      pid === null ? [] : [{ pid, name: id, usedMiB: held.get(id) ?? 0 }],
    );
    const views: Record<Telling, GpuView[]> = {
      process: [
        { by: "nothing", freeMiB },
        { by: "process", freeMiB, processes: [...processes, { pid: 1, name: "other", usedMiB: othersMiB }] },
      ],
      growth: [
        { by: "nothing", freeMiB },
        { by: "growth", freeMiB, usedMiB },
      ],
      nothing: [{ by: "nothing", freeMiB }],
      unknown: [],
    };
    return { index, totalMiB, reserveMiB, usedMiB, views: views[telling] };
  });
}

/** What running jobs hold or were predicted to take, other programs' use and the reserve, together. */
export function committedMiB(
  { reserveMiB, othersMiB }: TrueGpu,
  gpu: number,
  records: Records,
  held: Held,
): number {
  const jobs = onGpu(records, gpu).map(({ id, peakMiB }) => Math.max(peakMiB, held.get(id) ?? 0));
  return jobs.reduce((sum, mib) => sum + mib, 0) + othersMiB + reserveMiB;
}

/** Ids of the jobs that run, and of those that wait in their order. */
export const runningIds = (records: Records) => records.filter(isRunning).map(({ job }) => job.id);
export const waitingIds = (records: Records) => records.filter(isWaiting).map(({ job }) => job.id);

/** The records after these wishes, one after the other, on GPUs that show no change meanwhile. */
export function having(gpus: readonly GpuNow[], ...wishes: readonly JobWish[]): Records {
  return wishes.reduce<Records>((records, wish) => request(records, wish, gpus, 0).records, []);
}
