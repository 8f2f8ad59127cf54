import { expectedSeconds } from "../../../shared/capacity/expected-seconds.ts";
import type { Job } from "../../../shared/capacity/job.ts";
import type { Profile } from "../../../shared/capacity/profile.ts";

/** Room on one GPU for one more job, MiB: free − promised − reserve. `null`: not known. */
export interface GpuRoomLeft {
  index: number;
  availableMiB: number | null;
}

/** When a job will start and end, about; epoch milliseconds, `null`: nobody knows. */
export interface ExpectedTimes {
  startsAt: number | null;
  endsAt: number | null;
  /** It should have ended already. */
  isOver: boolean;
}

/**
 * `jobs`: all that are known, the ended ones too, for they tell how long such jobs take. Plays the queue forward: running jobs end when they have taken as long as such jobs take (`expectedSeconds`) and give their peak back; waiting ones
 * start in their order once as many GPUs as they need have room for their peak. A running job that takes longer than usual,
 * or whose duration is not known, ends nobody knows when, and so does all that waits for it. Pure.
 */
export function expectTimes(
  jobs: readonly Job[],
  profiles: readonly Profile[],
  rooms: readonly GpuRoomLeft[],
  nowMs: number,
): Map<string, ExpectedTimes> {
  const secondsOf = ({ profile }: Job) => expectedSeconds(profile, profiles, jobs);
  const times = new Map<string, ExpectedTimes>();
  const available = new Map(rooms.map(({ index, availableMiB }) => [index, availableMiB ?? 0]));
  const ends: { atMs: number; gpus: readonly number[]; peakMiB: number }[] = [];
  const isKnown = rooms.length > 0 && rooms.every(({ availableMiB }) => availableMiB !== null);

  function runs({ id, peakMiB }: Job, gpus: readonly number[], startsAt: number, seconds: number | null) {
    const atMs = seconds === null ? null : startsAt + seconds * 1000;
    const isOver = atMs !== null && atMs < nowMs;
    const endsAt = isOver ? null : atMs;
    times.set(id, { startsAt, endsAt, isOver });
    if (endsAt !== null) ends.push({ atMs: endsAt, gpus, peakMiB });
  }

  for (const job of jobs) {
    if (job.state === "running") runs(job, job.gpus, job.startedAt ?? nowMs, secondsOf(job));
  }
  const waiting = jobs
    .filter(({ state }) => state === "waiting")
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  let t = nowMs;
  let stuck = !isKnown;
  for (const job of waiting) {
    let gpus = stuck ? null : placeFor(job);
    while (gpus === null && !stuck) {
      ends.sort((a, b) => a.atMs - b.atMs);
      const next = ends.shift();
      if (next === undefined) {
        stuck = true;
        break;
      }
      t = Math.max(t, next.atMs);
      for (const gpu of next.gpus) available.set(gpu, (available.get(gpu) ?? 0) + next.peakMiB);
      gpus = placeFor(job);
    }
    if (gpus === null) {
      times.set(job.id, { startsAt: null, endsAt: null, isOver: false });
      continue;
    }
    for (const gpu of gpus) available.set(gpu, (available.get(gpu) ?? 0) - job.peakMiB);
    runs(job, gpus, t, secondsOf(job));
  }
  return times;

  /** The GPUs with most room that could take the job, or `null` while there are too few. */
  function placeFor({ gpuCount, peakMiB }: Job): number[] | null {
    const fitting = [...available].filter(([, room]) => room >= peakMiB).sort((a, b) => b[1] - a[1]);
    return fitting.length < gpuCount ? null : fitting.slice(0, gpuCount).map(([index]) => index);
  }
}
