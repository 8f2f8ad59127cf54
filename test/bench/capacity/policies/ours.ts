import { withGivenBack } from "../../../../server/capacity/given-back.ts";
import type { MarkedJob } from "../../../../server/capacity/job-mark.ts";
import { endMarkedJob } from "../../../../server/capacity/marked-job.ts";
import { NOTHING_OBSERVED, observe, withRoomTold } from "../../../../server/capacity/observer.ts";
import {
  capacityOn,
  type Promises,
  promisesOn,
  reservationFor,
} from "../../../../server/capacity/promises.ts";
import { reserveMiB } from "../../../../shared/capacity/concurrency.ts";
import type { Profile } from "../../../../shared/capacity/profile.ts";
import type { Policy } from "../policy.ts";

interface OursSettings {
  name: string;
  marked: boolean;
  patienceS: number;
}

/** The product's own estimator, told of starts and ends or not. */
export function createOurs(profiles: readonly Profile[], { name, marked, patienceS }: OursSettings): Policy {
  let state = NOTHING_OBSERVED;
  const jobs = new Map<number, MarkedJob>();
  let list: MarkedJob[] = [];
  let promises = new Map<number, Promises>();
  const promisesOf = (gpu: number) => {
    let known = promises.get(gpu);
    if (known === undefined) {
      known = promisesOn(state, gpu, list, profiles);
      promises.set(gpu, known);
    }
    return known;
  };
  const changed = () => {
    list = [...jobs.values()];
    promises = new Map();
  };
  const toldOn = (gpu: number) => {
    const { freeMiB, promisedMiB, totalMiB, jobsMiB } = promisesOf(gpu);
    if (freeMiB === null || totalMiB === null) return null;
    const roomMiB = freeMiB - promisedMiB - reserveMiB(totalMiB);
    return { roomMiB, aloneMiB: roomMiB + jobsMiB };
  };
  return {
    name,
    patienceS,
    marked,
    sample: ({ tS, gpus }) => {
      const before = state.tracked;
      state = observe(state, gpus, list, tS * 1000).state;
      promises = new Map();
      if (state.tracked !== before && !marked)
        state = withRoomTold(state, new Map(gpus.map(({ index }) => [index, toldOn(index)])));
    },
    place: ({ profile }) => {
      const fits: { gpu: number; left: number }[] = [];
      for (const { index } of state.gpus) {
        const on = promisesOf(index);
        const { canStart } = capacityOn(state, index, profile, profiles, on);
        if ((canStart ?? 0) >= 1) fits.push({ gpu: index, left: (on.freeMiB ?? 0) - on.promisedMiB });
      }
      if (fits.length < profile.gpus) return null;
      fits.sort((a, b) => a.left - b.left);
      return fits.slice(0, profile.gpus).map(({ gpu }) => gpu);
    },
    started: ({ id, profile }, gpus, pid) => {
      if (!marked) return;
      const peakMiB = reservationFor(state, profile, profiles);
      jobs.set(id, { id: String(id), profile: profile.id, gpus, peakMiB, pid, startedMs: state.nowMs });
      changed();
    },
    ended: (id, outcome) => {
      const job = jobs.get(id);
      if (job === undefined) return;
      state = withGivenBack(state, job, endMarkedJob(state, job, outcome).state);
      jobs.delete(id);
      changed();
    },
  };
}
