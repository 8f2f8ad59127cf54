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
  /** How long such jobs have taken here, in the mean, seconds; `null`: not known. */
  seconds(profile: string): number | null;
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
    .map((gpu) => roomOn(gpu, leasesOn(gpu.index, records))?.possibleMiB ?? emptyRoom(gpu))
    .sort((a, b) => b - a);
  return Math.floor((rooms[gpuCount - 1] ?? Number.POSITIVE_INFINITY) / STEP_MIB) * STEP_MIB;
}

/** While its VRAM is not known: what it could give if nothing were on it. */
const emptyRoom = ({ totalMiB, reserveMiB }: GpuNow) =>
  totalMiB === null || reserveMiB === null ? Number.POSITIVE_INFINITY : totalMiB - reserveMiB;

/** The waiting jobs with what would be reserved for them now and how long they take: what was learned meanwhile counts. */
export function withPresentReservations(
  records: readonly JobRecord[],
  gpus: readonly GpuNow[],
  figures: JobFigures,
): readonly JobRecord[] {
  let changed = false;
  // A long line asks for few kinds of GPUs.
  const rooms = new Map<string, number>();
  const roomFor = ({ job, allowed }: JobRecord) => {
    const key = `${job.gpuCount} ${allowed?.join()}`;
    const room = rooms.get(key) ?? mostRoom(gpus, records, job.gpuCount, allowed);
    rooms.set(key, room);
    return room;
  };
  const next = records.map((record) => {
    const { job, ownPeak } = record;
    if (!isWaiting(record) || job.profile === null) return record;
    const most = ownPeak ? null : roomFor(record);
    const peakMiB = (most === null ? null : figures.reservation(job.profile, most)) ?? job.peakMiB;
    const seconds = figures.seconds(job.profile);
    if (peakMiB === job.peakMiB && seconds === record.seconds) return record;
    changed = true;
    return { ...record, seconds, job: { ...job, peakMiB } };
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
