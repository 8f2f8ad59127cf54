import {
  admit,
  finish,
  heartbeat,
  prune,
  type Records,
  request,
} from "../../../../server/capacity/admission.ts";
import { withGivenBack } from "../../../../server/capacity/given-back.ts";
import { followListing, type Listing, noteEnded, viewsOf } from "../../../../server/capacity/gpu-views.ts";
import {
  type JobFigures,
  mostRoom,
  withPresentPeaks,
  withPresentReservations,
} from "../../../../server/capacity/job-figures.ts";
import type { MarkedJob } from "../../../../server/capacity/job-mark.ts";
import { endMarkedJob, presentPeak } from "../../../../server/capacity/marked-job.ts";
import { NOTHING_OBSERVED, observe } from "../../../../server/capacity/observer.ts";
import { learnedSeconds } from "../../../../server/capacity/profile-figure.ts";
import { promisesOn, reservationFor } from "../../../../server/capacity/promises.ts";
import type { GpuNow } from "../../../../server/capacity/room.ts";
import { reserveMiB } from "../../../../shared/capacity/concurrency.ts";
import type { Profile } from "../../../../shared/capacity/profile.ts";
import type { Policy, Sample } from "../policy.ts";

/** The product's own queue, over what the product's estimator has learned: as `createJobs` does, without its clock. */
export function createAdmission(profiles: readonly Profile[]): Policy {
  let state = NOTHING_OBSERVED;
  let records: Records = [];
  let last: Sample = { tS: 0, gpus: [] };
  const listings = new Map<number, Listing>();
  /** Jobs that were admitted and whose user has been told. */
  const told = new Set<string>();
  /** Nothing has changed since the queue was gone through last, but for the time. */
  let isSettled = false;
  let lookedAtS = 0;

  const nowMs = () => last.tS * 1000;
  const markedOf = (list: Records): MarkedJob[] =>
    list.flatMap(({ job: { id, state: now, profile, gpus, peakMiB, pid, startedAt } }) =>
      now === "running" ? [{ id, profile, gpus, peakMiB, pid, startedMs: startedAt ?? 0 }] : [],
    );
  const byId = new Map(profiles.map((profile) => [profile.id, profile]));
  const figures: JobFigures = {
    resolve: () => null,
    reservation: (id, mostMiB) => {
      const profile = byId.get(id);
      return profile === undefined ? null : reservationFor(state, profile, profiles, mostMiB);
    },
    seconds: (id) => learnedSeconds(state.knowledge, id),
    present: ({ id, pid, peakMiB }) => {
      const job = pid === null ? undefined : markedOf(records).find((one) => one.id === id);
      return job === undefined ? peakMiB : presentPeak(state, job);
    },
  };
  /** One step of admission, as `createJobs` takes it. */
  const present = (gpus: readonly GpuNow[]) =>
    withPresentPeaks(withPresentReservations(records, gpus, figures), figures);
  const gpusNow = (): GpuNow[] =>
    last.gpus.map((gpu) => ({
      index: gpu.index,
      totalMiB: gpu.memoryTotalMiB,
      reserveMiB: gpu.memoryTotalMiB === null ? null : reserveMiB(gpu.memoryTotalMiB),
      usedMiB: gpu.memoryUsedMiB,
      unmarkedMiB: promisesOn(state, gpu.index, markedOf(records), profiles).unmarkedMiB,
      views: viewsOf(gpu, listings.get(gpu.index), nowMs(), gpu.processes !== null),
    }));
  const jobOf = (id: number) => records.find(({ job }) => job.id === String(id))?.job;

  return {
    name: "admission",
    patienceS: Number.POSITIVE_INFINITY,
    marked: true,
    sample: (sample) => {
      last = sample;
      for (const gpu of sample.gpus)
        listings.set(gpu.index, followListing(listings.get(gpu.index), gpu, nowMs()));
      const { tracked } = state;
      state = observe(state, sample.gpus, markedOf(records), nowMs()).state;
      // Between two lists of processes room appears only where free VRAM alone gives it: looked at every 5 s.
      if (state.tracked !== tracked || sample.tS - lookedAtS >= LOOK_EVERY_S) isSettled = false;
    },
    asked: ({ id, profile }) => {
      const gpus = gpusNow();
      const peakMiB = reservationFor(state, profile, profiles, mostRoom(gpus, records, profile.gpus, null));
      const now = present(gpus);
      const step = request(now.records, wishOf(id, profile, peakMiB), gpus, nowMs());
      if (step.kind === "refused") throw new Error(step.problem.message);
      records = now.restore(step.records);
    },
    place: ({ id }) => {
      if (!isSettled) {
        isSettled = true;
        lookedAtS = last.tS;
        const gpus = gpusNow();
        const now = present(gpus);
        records = now.restore(admit(now.records, gpus, nowMs()));
      }
      const job = jobOf(id);
      return job?.state === "running" && !told.has(job.id) ? job.gpus : null;
    },
    started: ({ id }, _, pid) => {
      told.add(String(id));
      records = heartbeat(records, String(id), { pid }, nowMs()) ?? records;
    },
    ended: (id, outcome) => {
      const key = String(id);
      const job = markedOf(records).find((one) => one.id === key);
      const startedAtMs = jobOf(id)?.startedAt ?? 0;
      if (job !== undefined) {
        state = withGivenBack(state, job, endMarkedJob(state, job, outcome).state);
        const { pid, gpus } = job;
        for (const [gpu, listing] of listings)
          if (pid !== null && gpus.includes(gpu)) listings.set(gpu, noteEnded(listing, { pid, startedAtMs }));
      }
      records = finish(records, key, outcome === "done" ? "done" : "failed", nowMs()) ?? records;
      // A user who tries again asks with the same number.
      records = prune(records.filter((record) => record.job.id !== key));
      told.delete(key);
      isSettled = false;
    },
  };
}

const LOOK_EVERY_S = 5;

function wishOf(id: number, { id: profile, label, gpus }: Profile, peakMiB: number) {
  return {
    id: String(id),
    label,
    profile,
    peakMiB,
    gpuCount: gpus,
    allowed: null,
    backend: null,
    pid: null,
    requestedBy: "bench",
    requestId: null,
    ownPeak: false,
    ttlMs: 60_000,
    wait: true,
  };
}
