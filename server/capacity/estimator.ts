import { backendsOn } from "../../shared/capacity/backends-on.ts";
import {
  hasUnifiedMemory,
  type ReserveSettings,
  reserveFor,
  totalCanStart,
  unifiedRoom,
} from "../../shared/capacity/concurrency.ts";
import { explainCapacity, explainFurther } from "../../shared/capacity/explain.ts";
import type { Job } from "../../shared/capacity/job.ts";
import { loadedProfiles } from "../../shared/capacity/loaded-profiles.ts";
import { capacityOnGpu, roomOf } from "../../shared/capacity/on-gpu.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { vramBar } from "../../shared/capacity/vram-bar.ts";
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
import { type Foresee, foresee } from "./foresight.ts";
import type { EndedJob } from "./jobs.ts";
import { learn, type Signature } from "./learn.ts";
import { endMarkedJob } from "./marked-job.ts";
import { matchPids } from "./match-pids.ts";
import { NOTHING_OBSERVED, type ObservedGpu, observe } from "./observer.ts";
import { profileFigure } from "./profile-figure.ts";
import { promisesOn } from "./promises.ts";
import { createRecentUse } from "./recent-use.ts";
import type { SignatureStore } from "./signature-store.ts";

/** Follows the samples: what running jobs will still take, and what they teach of their profiles. */
export interface Estimator {
  /** In the order of the GPU list. */
  promises(): GpuPromise[];
  /** The profiles with the figures that were learned here. */
  profiles(): readonly Profile[];
  /** The recommendation for one profile over all GPUs. */
  capacity(profileId: string): CapacityState;
  sample(sample: Sample): void;
  /** Jobs or backends have changed: looks again without waiting for a sample. */
  look(): void;
  jobEnded(ended: EndedJob): void;
  /** What admission should reckon with. */
  foresee: Foresee;
  /** Promises or learned figures have changed. */
  onChange(listener: (what: { profiles: boolean }) => void): () => void;
}

export interface EstimatorContext {
  profiles: readonly Profile[];
  store: SignatureStore;
  /** The jobs that are marked. */
  jobs(): readonly Job[];
  backends(): readonly BackendState[];
  reserve: ReserveSettings;
  /** Asked only where GPUs share the host's memory. */
  readHost(): Pick<HostState, "memoryTotalMiB" | "memoryAvailableMiB" | "memoryLimitMiB">;
}

const UNNAMED_STEP_MIB = 256;
/** More than a desktop takes, less than any video model. */
const UNEXPLAINED_MIB = 2048;

/** True where the listed processes hold clearly less than is in use: a container of its own, WSL, Windows. */
function hidesProcesses({ processes, memoryUsedMiB }: Gpu): boolean {
  if (processes === null) return true;
  const listed = processes.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);
  return memoryUsedMiB !== null && memoryUsedMiB - listed > UNEXPLAINED_MIB;
}

export function createEstimator(context: EstimatorContext): Estimator {
  const { profiles, store, jobs, backends, reserve } = context;
  const changes = createEmitter<{ profiles: boolean }>();
  let state = { ...NOTHING_OBSERVED, knowledge: store.load().reduce(learn, NOTHING_OBSERVED.knowledge) };
  let gpus: readonly Gpu[] = [];
  let promises: GpuPromise[] = [];
  let learned = learnedProfiles();
  const use = createRecentUse();
  /** By GPU: the list of processes and the sample in which it was first seen. */
  const lists = new Map<string, { processes: Gpu["processes"]; atMs: number }>();

  function learnedProfiles(): Profile[] {
    return profiles.map((profile) => {
      const figure = profileFigure(state.knowledge, profile, profiles);
      const { peakMiB, uncertaintyMiB, seen } = figure;
      const basis = seen > 0 && profile.basis === "published" ? ("measured" as const) : profile.basis;
      return { ...profile, peakMiB, uncertaintyMiB, seen, basis, seconds: figure.seconds ?? profile.seconds };
    });
  }

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

  const marked = () => matchPids(jobs(), state.tracked);

  function promiseOn(gpu: Gpu): GpuPromise {
    const { running, promisedMiB } = takenOn(gpu);
    const unified = unifiedOf(gpu);
    const room = roomOf(gpu, { unified });
    return {
      running,
      promisedMiB,
      reserveMiB: room.memoryTotalMiB === null ? null : reserveFor(room.memoryTotalMiB, reserve, false),
      useful: use.usefulness(gpu.uuid, running),
      ...backendsOn(gpu, gpus, backends()),
      loaded: loadedProfiles(gpu, gpus, backends(), learned),
      unified,
    };
  }

  function unifiedOf(gpu: Gpu): GpuPromise["unified"] {
    if (!hasUnifiedMemory(gpu)) return null;
    const { memoryTotalMiB, memoryFreeMiB } = unifiedRoom(gpu.index, context.readHost());
    return { totalMiB: memoryTotalMiB, freeMiB: memoryFreeMiB };
  }

  function takenOn(gpu: Gpu): Pick<GpuPromise, "running" | "promisedMiB"> {
    const jobsMarked = marked();
    const isMarked = jobsMarked.some((job) => job.gpus.includes(gpu.index));
    // Where somebody holds VRAM whom nvidia-smi does not show, nothing is known of what runs, but for what was marked.
    if (!isMarked && hidesProcesses(gpu)) return { running: null, promisedMiB: null };
    const { running, promisedMiB, freeMiB } = promisesOn(state, gpu.index, jobsMarked, profiles, reserve);
    const free = gpu.memoryFreeMiB;
    // What was freed since the processes were listed may be given to one of them: it is not counted on before the next list.
    const unnamed = free === null || freeMiB === null ? 0 : Math.max(0, free - freeMiB);
    // In steps, so that what moves a little with every sample is not sent and drawn with every sample.
    const held =
      unnamed < UNNAMED_STEP_MIB / 2 ? 0 : Math.ceil(unnamed / UNNAMED_STEP_MIB) * UNNAMED_STEP_MIB;
    return { running, promisedMiB: promisedMiB + held };
  }

  function capacityOf(gpu: Gpu, profile: Profile, promise: GpuPromise): CapacityState["perGpu"][number] {
    const capacity = capacityOnGpu(gpu, profile, promise);
    const room = roomOf(gpu, promise);
    const { promisedMiB, reserveMiB } = capacity;
    const { backendMiB, tensorsMiB, cacheMiB, useful } = promise;
    const bar = vramBar({
      totalMiB: room.memoryTotalMiB,
      freeMiB: room.memoryFreeMiB,
      backendMiB,
      tensorsMiB,
      cacheMiB,
      promisedMiB,
      reserveMiB,
    });
    const words = capacityWordsEn;
    const explanation = [explainCapacity(capacity, words), ...explainFurther(capacity, words, useful)].join(
      "; ",
    );
    return { ...capacity, useful, bar, unifiedMemory: promise.unified !== null, explanation };
  }

  function settle(profilesChanged: boolean) {
    const next = gpus.map(promiseOn);
    const changed = JSON.stringify(next) !== JSON.stringify(promises);
    promises = next;
    if (profilesChanged) learned = learnedProfiles();
    if (changed || profilesChanged) changes.emit({ profiles: profilesChanged });
  }

  function keep(signature: Signature | null): boolean {
    if (signature !== null) store.append(signature);
    return signature !== null;
  }

  return {
    promises: () => promises,
    profiles: () => learned,
    capacity(profileId) {
      const profile = learned.find(({ id }) => id === profileId) ?? learned[0];
      if (profile === undefined) throw new Error("there is no job profile");
      const perGpu = gpus.map((gpu, i) => capacityOf(gpu, profile, promises[i] ?? UNKNOWN_PROMISE));
      const canStart = totalCanStart(perGpu, profile.gpus);
      const running = perGpu.reduce((sum, one) => sum + (one.running ?? 0), 0);
      return {
        profile: profile.id,
        perGpu,
        canStart,
        recommendedMax: canStart === null ? null : canStart + running,
      };
    },
    look: () => settle(false),
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
      state = result.state;
      for (const signature of result.learned) keep(signature);
      settle(raised);
    },
    jobEnded({ job, oom }) {
      const known = matchPids([{ ...job, state: "running" }], state.tracked)[0];
      if (known === undefined) return;
      const outcome = oom ? "out-of-memory" : job.state === "done" ? "done" : "failed";
      const result = endMarkedJob(state, known, outcome);
      state = result.state;
      settle(keep(result.signature));
    },
    foresee: (records, now) => {
      const known = matchPids(
        records.map(({ job }) => job),
        state.tracked,
      );
      return foresee(state, known, profiles, { records, gpus: now }, reserve);
    },
    onChange: changes.subscribe,
  };
}
