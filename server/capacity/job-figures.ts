import type { Job } from "../../shared/capacity/job.ts";
import type { ProfileQuery } from "../../shared/capacity/match-profile.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import type { JobBody } from "../../shared/protocol/job-requests.ts";
import { isRunning, isWaiting, type JobRecord } from "./job-record.ts";
import { leasesOn } from "./queue.ts";
import { type GpuNow, roomOn } from "./room.ts";

/** What jobs are reckoned with, by what is known now. MiB. */
export interface JobFigures {
  /** The profile that is meant; `null`: nothing is known of such a job. */
  resolve(query: ProfileQuery): Profile | null;
  /** What to reserve for a job of this profile, where a GPU could give `mostMiB`; `null`: there is no such profile. */
  reservation(profile: string, mostMiB: number): number | null;
  /** What a running job will take at most by what it has shown. */
  present(job: Job): number;
}

/** A request's settings as a profile is asked for by; `null`: it names none. */
export function queryOf(body: JobBody): ProfileQuery | null {
  const { profile, model, task, resolution, frames, steps, quant, offload } = body;
  return profile === undefined && model === undefined
    ? null
    : { profile, model, task, resolution, frames, steps, quant, offload };
}

/** In steps, so that a reservation does not change with every sample. */
const STEP_MIB = 256;

/** What the k-th best of the GPUs that a job may use could give if no marked job ran there, MiB. */
export function mostRoom(
  gpus: readonly GpuNow[],
  records: readonly JobRecord[],
  gpuCount: number,
  allowed: readonly number[] | null,
): number {
  const rooms = gpus
    .filter(({ index }) => allowed === null || allowed.includes(index))
    .map((gpu) => roomOn(gpu, leasesOn(gpu.index, records))?.possibleMiB ?? Number.POSITIVE_INFINITY)
    .sort((a, b) => b - a);
  return Math.floor((rooms[gpuCount - 1] ?? Number.POSITIVE_INFINITY) / STEP_MIB) * STEP_MIB;
}

/** The waiting jobs with what would be reserved for them now: what was learned meanwhile counts for them, too. */
export function withPresentReservations(
  records: readonly JobRecord[],
  gpus: readonly GpuNow[],
  figures: JobFigures,
): readonly JobRecord[] {
  let changed = false;
  const next = records.map((record) => {
    const { job, allowed, ownPeak } = record;
    if (!isWaiting(record) || ownPeak || job.profile === null) return record;
    const most = mostRoom(gpus, records, job.gpuCount, allowed);
    const peakMiB = figures.reservation(job.profile, most);
    if (peakMiB === null || peakMiB === job.peakMiB) return record;
    changed = true;
    return { ...record, job: { ...job, peakMiB } };
  });
  return changed ? next : records;
}

/**
 * The records for a step of admission: running jobs count with what they will take by what they have shown, in place of
 * what was reserved for them when nothing had been seen of them. `restore` gives these records back as they were.
 */
export function withPresentPeaks(
  records: readonly JobRecord[],
  figures: JobFigures,
): { records: readonly JobRecord[]; restore(after: readonly JobRecord[]): readonly JobRecord[] } {
  const kept = new Map<JobRecord, JobRecord>();
  const present = records.map((record) => {
    const peakMiB = isRunning(record) ? figures.present(record.job) : record.job.peakMiB;
    if (peakMiB === record.job.peakMiB) return record;
    const changed = { ...record, job: { ...record.job, peakMiB } };
    kept.set(changed, record);
    return changed;
  });
  return { records: present, restore: (after) => after.map((record) => kept.get(record) ?? record) };
}
