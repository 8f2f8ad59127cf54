import { DEFAULT_RESERVE, type ReserveSettings } from "../../shared/capacity/concurrency.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { isRunning, isUnfinished, type JobRecord } from "./job-record.ts";
import { type MarkedJob, presentPeak } from "./marked-job.ts";
import type { Observed } from "./observer.ts";
import { profileFigure } from "./profile-figure.ts";
import { promisedToOthers, reservationFor } from "./promises.ts";
import type { GpuNow } from "./room.ts";

/** The jobs and GPUs that admission reckons with: as they say themselves, and beyond that as was learned here. */
export interface Foreseen {
  records: readonly JobRecord[];
  gpus: readonly GpuNow[];
}
export type Foresee = (records: readonly JobRecord[], gpus: readonly GpuNow[]) => Foreseen;

/** Nothing was learned. */
export const FORESEE_NOTHING: Foresee = (records, gpus) => ({ records, gpus });

/**
 * For a waiting job that named a profile and no figure of its own: what is reserved for such jobs now, and how long
 * they take. For a running one that told its process: what it will take at most by what that has shown, never more
 * than was reserved for it unless it holds more. The reserve of each GPU is widened by what other programs there have
 * promised themselves. MiB. Pure.
 */
export function foresee(
  state: Observed,
  marked: readonly MarkedJob[],
  profiles: readonly Profile[],
  { records, gpus }: Foreseen,
  reserve: ReserveSettings = DEFAULT_RESERVE,
): Foreseen {
  const wide = gpus.map((gpu) =>
    gpu.reserveMiB === null
      ? gpu
      : { ...gpu, reserveMiB: gpu.reserveMiB + Math.ceil(promisedToOthers(state, gpu.index, reserve)) },
  );
  // What a GPU could give if all jobs ended, so that the doubt about a peak keeps no job out for ever.
  const rooms = wide.map(({ index, totalMiB, reserveMiB }) =>
    totalMiB === null || reserveMiB === null
      ? 0
      : totalMiB - reserveMiB - (state.others.get(index)?.lastMiB ?? 0),
  );
  const most = Math.max(0, ...rooms);
  const jobs = new Map(marked.map((job) => [job.id, job]));
  const known = new Map(profiles.map((profile) => [profile.id, profile]));
  return {
    gpus: wide,
    records: records.map((record) => {
      const profile = known.get(record.job.profile ?? "");
      if (profile === undefined || !isUnfinished(record)) return record;
      if (isRunning(record)) {
        const job = record.job.pid === null ? undefined : jobs.get(record.job.id);
        return job === undefined ? record : withFigures(record, presentPeak(state, job), record.seconds);
      }
      const { seconds } = profileFigure(state.knowledge, profile, profiles);
      const peakMiB = record.askedMiB ?? reservationFor(state, profile, profiles, most);
      return withFigures(record, peakMiB, seconds);
    }),
  };
}

function withFigures(record: JobRecord, peakMiB: number, seconds: number | null): JobRecord {
  if (peakMiB === record.job.peakMiB && seconds === record.seconds) return record;
  return { ...record, seconds, job: { ...record.job, peakMiB } };
}
