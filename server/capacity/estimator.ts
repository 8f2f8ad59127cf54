import { backendsOn } from "../../shared/capacity/backends-on.ts";
import {
  hasUnifiedMemory,
  type ReserveSettings,
  reserveFor,
  unifiedRoom,
} from "../../shared/capacity/concurrency.ts";
import { capacityState, explainedGpu } from "../../shared/capacity/explained.ts";
import type { Job } from "../../shared/capacity/job.ts";
import { loadedProfiles } from "../../shared/capacity/loaded-profiles.ts";
import { roomOf } from "../../shared/capacity/on-gpu.ts";
import { resolveProfile } from "../../shared/capacity/predict-profile.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { reservationOf } from "../../shared/capacity/reservation.ts";
import type { Run } from "../../shared/capacity/run.ts";
import { capacityWordsEn } from "../../shared/capacity/words-en.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import {
  type CapacityState,
  type GpuPromise,
  type HostState,
  UNKNOWN_PROMISE,
} from "../../shared/protocol/state.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { createEmitter } from "../lib/emitter.ts";
import { forgetReleased, forgetReleasedOthers } from "./forget-released.ts";
import type { JobFigures } from "./job-figures.ts";
import type { MarkedJob } from "./job-mark.ts";
import type { EndedJob } from "./jobs.ts";
import { learn, type Signature } from "./learn.ts";
import { learnEnd } from "./learn-end.ts";
import { learnedProfiles } from "./learned-profiles.ts";
import { presentPeak } from "./marked-job.ts";
import { matchPids, shareProcess } from "./match-pids.ts";
import type { Observed, ObservedGpu } from "./observed.ts";
import { NOTHING_OBSERVED, observe, withRoomTold } from "./observer.ts";
import type { RoomTold } from "./overrun.ts";
import { learnedSeconds } from "./profile-figure.ts";
import { createRecentUse } from "./recent-use.ts";
import type { KnownRoom } from "./room-watch.ts";
import { followRuns, type GpuRuns, NO_RUNS, shownRuns } from "./runs.ts";
import type { SignatureStore } from "./signature-store.ts";
import { soloHeld } from "./solo.ts";
import { type Taken, takenOn, UNTOLD } from "./taken.ts";

/** Follows the samples: what running jobs will still take, and what they teach of their profiles. */
export interface Estimator {
  /** In the order of the GPU list. */
  promises(): GpuPromise[];
  /** What runs, and what ended lately. */
  runs(): readonly Run[];
  /** The profiles with the figures that were learned here. */
  profiles(): readonly Profile[];
  /** The recommendation for one profile over all GPUs. */
  capacity(profileId: string): CapacityState;
  /** What jobs are reckoned with. */
  figures: JobFigures;
  /** The room on one GPU beside its readings. */
  roomOf(gpu: Gpu): KnownRoom;
  sample(sample: Sample): void;
  /** Jobs or backends have changed: looks again without waiting for a sample. */
  look(): void;
  jobEnded(ended: EndedJob): void;
  /** A release begins: what the processes hold now is what it may take. */
  releasing(): void;
  /** It has ended for these backends; the next list of processes tells what it took. */
  released(backends: readonly string[]): void;
  /** The database is another one than before: learns what another panel has left in it. */
  takeOver(): void;
  /** Backends are asked for their status only while somebody watches. */
  setWatched(watched: boolean): void;
  /** Promises, and perhaps what runs or what was learned, have changed. */
  onChange(listener: (what: Changed) => void): () => void;
}

/** What has changed beside the promises. */
export interface Changed {
  profiles: boolean;
  runs: boolean;
}

export interface EstimatorContext {
  profiles: readonly Profile[];
  store: SignatureStore;
  /** The jobs that are marked. */
  jobs(): readonly Job[];
  backends(): readonly BackendState[];
  reserve: ReserveSettings;
  /** The machine is Windows' Linux, whose GPUs Windows draws on. */
  isWsl: boolean;
  /** Epoch milliseconds of the samples' time 0. */
  epochMs: number;
  /** Asked only where GPUs share the host's memory. */
  readHost(): Pick<HostState, "memoryTotalMiB" | "memoryAvailableMiB" | "memoryLimitMiB">;
}

export function createEstimator(context: EstimatorContext): Estimator {
  const { profiles, store, jobs, backends, reserve } = context;
  const changes = createEmitter<Changed>();
  const kept = () => store.load().reduce(learn, NOTHING_OBSERVED.knowledge);
  let state = { ...NOTHING_OBSERVED, knowledge: kept() };
  let gpus: readonly Gpu[] = [];
  let promises: GpuPromise[] = [];
  let taken: Taken[] = [];
  let watched = false;
  /** The processes when the present release began, and the backends of one that has ended since the last list of them. */
  let releasing: Observed | null = null;
  let released: readonly string[] | null = null;
  let followed = NO_RUNS;
  let runs: readonly Run[] = [];
  let learned = learnedProfiles(state.knowledge, profiles);
  const use = createRecentUse();
  /** By GPU: the list of processes and the sample in which it was first seen. */
  const lists = new Map<string, { processes: Gpu["processes"]; atMs: number }>();

  function observed(gpu: Gpu, nowMs: number): ObservedGpu {
    const known = lists.get(gpu.uuid);
    const list =
      known !== undefined && known.processes === gpu.processes
        ? known
        : { processes: gpu.processes, atMs: nowMs };
    lists.set(gpu.uuid, list);
    const { index, memoryUsedMiB, memoryFreeMiB, memoryTotalMiB, utilizationGpuPct, processes } = gpu;
    return {
      index,
      memoryUsedMiB,
      memoryFreeMiB,
      memoryTotalMiB,
      utilizationGpuPct,
      processes,
      processesAtMs: processes === null ? null : list.atMs,
    };
  }

  const matched = (list: readonly Job[]) =>
    matchPids(list, state.tracked, { epochMs: context.epochMs, claimed: state.claimed });
  const marked = () => matched(jobs());
  /** As of the last look: asked for of every running job in turn. */
  let lastMarked: readonly MarkedJob[] = [];

  function promiseOn(gpu: Gpu, { running, promisedMiB }: Taken): GpuPromise {
    const unified = unifiedOf(gpu);
    const room = roomOf(gpu, { unified });
    return {
      running,
      promisedMiB,
      reserveMiB:
        room.memoryTotalMiB === null
          ? null
          : reserveFor(room.memoryTotalMiB, reserve, context.isWsl || gpu.display === true),
      useful: use.usefulness(gpu.uuid, running),
      ...backendsOn(gpu, gpus, backends()),
      loaded: loadedProfiles(gpu, gpus, backends(), learned),
      unified,
    };
  }

  /** The room that people go by: what appears next was started by it. */
  function toldOn(gpu: Gpu, { reserveMiB }: GpuPromise, { promisedMiB, jobsMiB }: Taken): RoomTold | null {
    const { memoryFreeMiB } = roomOf(gpu, { unified: unifiedOf(gpu) });
    if (memoryFreeMiB === null || reserveMiB === null || promisedMiB === null || jobsMiB === null)
      return null;
    const roomMiB = memoryFreeMiB - promisedMiB - reserveMiB;
    return { roomMiB, aloneMiB: roomMiB + jobsMiB };
  }

  function unifiedOf(gpu: Gpu): GpuPromise["unified"] {
    if (!hasUnifiedMemory(gpu)) return null;
    const { memoryTotalMiB, memoryFreeMiB } = unifiedRoom(gpu.index, context.readHost());
    return { totalMiB: memoryTotalMiB, freeMiB: memoryFreeMiB };
  }

  function settle(profilesChanged: boolean) {
    if (profilesChanged) learned = learnedProfiles(state.knowledge, profiles);
    lastMarked = marked();
    const idle = idleBackends();
    taken = gpus.map((gpu) => takenOn(state, gpu, lastMarked, profiles, reserve, idle));
    const next = gpus.map((gpu, i) => promiseOn(gpu, taken[i] ?? UNTOLD));
    const changed = JSON.stringify(next) !== JSON.stringify(promises);
    promises = next;
    const now = gpus.map((gpu, i) => runsOn(gpu, taken[i] ?? UNTOLD));
    followed = followRuns(followed, now, jobs(), Math.round(context.epochMs + state.nowMs), context.epochMs);
    const shown = shownRuns(followed, learned);
    const runsChanged = JSON.stringify(shown) !== JSON.stringify(runs);
    runs = shown;
    if (changed || profilesChanged || runsChanged)
      changes.emit({ profiles: profilesChanged, runs: runsChanged });
  }

  /** Backends that say that they run no job. Their word is of now only while they are asked. */
  function idleBackends(): ReadonlySet<string> {
    if (!watched) return new Set();
    const idle = backends().filter(
      ({ busy, queue, reachable }) => reachable === true && busy === false && !queue,
    );
    return new Set(idle.map(({ id }) => id));
  }

  function runsOn({ index: gpu, memoryUsedMiB }: Gpu, { runs }: Taken): GpuRuns {
    const [only, ...others] = runs ?? [];
    if (only !== undefined && only.job !== null && only.heldMiB === null && others.length === 0) {
      const listedAtMs = state.tracked.gpus.get(gpu)?.listedAtMs ?? null;
      const heldMiB = soloHeld(state.solos, only.job, gpu, { ...state, listedAtMs });
      return { gpu, runs: [{ ...only, heldMiB }], sinceListMiB: null };
    }
    const usedAtListMiB = state.tracked.gpus.get(gpu)?.usedAtListMiB ?? null;
    const isKnown = memoryUsedMiB !== null && usedAtListMiB !== null;
    return { gpu, runs, sinceListMiB: isKnown ? memoryUsedMiB - usedAtListMiB : null };
  }

  function keep(signature: Signature | null): boolean {
    if (signature !== null) store.append(signature);
    return signature !== null;
  }

  return {
    promises: () => promises,
    runs: () => runs,
    profiles: () => learned,
    capacity(profileId) {
      const profile = learned.find(({ id }) => id === profileId) ?? learned[0];
      if (profile === undefined) throw new Error("there is no job profile");
      const perGpu = gpus.map((gpu, i) =>
        explainedGpu(gpu, profile, promises[i] ?? UNKNOWN_PROMISE, capacityWordsEn),
      );
      return capacityState(profile, perGpu, runs);
    },
    figures: {
      resolve: (query) => resolveProfile(query, learned)?.profile ?? null,
      reservation(id, mostMiB) {
        const profile = resolveProfile({ profile: id }, learned)?.profile;
        return profile === undefined ? null : reservationOf(profile, mostMiB);
      },
      seconds: (id) => learnedSeconds(state.knowledge, id),
      present(job) {
        // A process that was only guessed may be another's: what is reserved stays.
        if (job.pid === null) return job.peakMiB;
        const isLast = lastMarked.some(({ id, pid }) => id === job.id && pid === job.pid);
        const all = isLast ? lastMarked : marked();
        const running = all.find(({ id }) => id === job.id);
        // Of what several hold in one process nothing tells what each will take.
        if (running === undefined || shareProcess(running, all)) return job.peakMiB;
        return presentPeak(state, running);
      },
    },
    roomOf(gpu) {
      const position = gpus.findIndex(({ uuid }) => uuid === gpu.uuid);
      const { unified, reserveMiB } = promises[position] ?? promiseOn(gpu, UNTOLD);
      const { unmarkedMiB, regainedMiB } = taken[position] ?? UNTOLD;
      return { room: roomOf(gpu, { unified }), reserveMiB, unmarkedMiB, regainedMiB };
    },
    look: () => settle(false),
    releasing() {
      releasing = state;
    },
    released(backends) {
      released = backends;
    },
    takeOver() {
      const left = kept();
      // A file that was begun anew teaches nothing: what was learned from the one before still holds.
      if (left === NOTHING_OBSERVED.knowledge) return;
      state = { ...state, knowledge: left };
      settle(true);
    },
    setWatched(next) {
      watched = next;
    },
    sample(sample) {
      const { gpus: now, tMs } = sample;
      gpus = now;
      use.sample(sample);
      const result = observe(
        state,
        now.map((gpu) => observed(gpu, tMs)),
        marked(),
        tMs,
      );
      const raised = result.state.knowledge !== state.knowledge;
      const listed = result.state.tracked !== state.tracked;
      state = result.state;
      for (const signature of result.learned) keep(signature);
      if (released !== null && releasing !== null && listed) {
        const tracked = forgetReleased(state.tracked, releasing.tracked, released);
        state = { ...state, tracked, others: forgetReleasedOthers(state.others, releasing, released) };
        released = null;
        releasing = null;
      }
      settle(raised);
      if (!listed) return;
      const told = gpus.map((gpu, i) => {
        const promise = promises[i];
        return [gpu.index, promise ? toldOn(gpu, promise, taken[i] ?? UNTOLD) : null] as const;
      });
      state = withRoomTold(state, new Map(told));
    },
    jobEnded(ended) {
      const { job } = ended;
      const running = jobs().filter(({ id, state: now }) => id !== job.id && now === "running");
      const all = matched([...running, { ...job, state: "running" }]);
      const endedMs = job.endedAt === null ? state.nowMs : job.endedAt - context.epochMs;
      const result = learnEnd(state, ended, all, endedMs);
      state = result.state;
      keep(result.signature);
      settle(result.changed);
    },
    onChange: changes.subscribe,
  };
}
