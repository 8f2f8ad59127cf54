import { backendsOn } from "../../../shared/capacity/backends-on.ts";
import { explainGpu } from "../../../shared/capacity/explain.ts";
import type { FitLanguage } from "../../../shared/capacity/fit.ts";
import type { Profile } from "../../../shared/capacity/profile.ts";
import type { Run } from "../../../shared/capacity/run.ts";
import { hasUnifiedMemory } from "../../../shared/capacity/unified.ts";
import { barOf } from "../../../shared/capacity/vram-of.ts";
import { capacityWordsEn } from "../../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../../shared/capacity/words-zh-cn.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../shared/gpu/sample.ts";
import {
  type CapacityState,
  type Fits,
  type GpuPromise,
  type HostState,
  UNKNOWN_PROMISE,
} from "../../../shared/protocol/state.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { createRecentUse } from "../evidence/recent-use.ts";
import type { CapacityState as Known, JobAsk, JobClass } from "../model.ts";
import { type PublishedFit, publishedFit, type Rooms, roomsOf } from "../published/published.ts";
import { roomOf } from "../room/room.ts";
import type { Knowledge } from "./knowledge.ts";
import type { LiveCapacity } from "./live.ts";

type PerGpu = CapacityState["perGpu"];

/** What is said of capacity: in the state, to panels, by `fit`. All of it is read from one room per GPU. */
export interface CapacityView {
  sample(sample: Sample): void;
  state(runs: readonly Run[]): { capacity: CapacityState; promises: GpuPromise[]; fits: Fits };
  /** One kind of job on every GPU, in the order of the GPU list. */
  perGpu(fit: PublishedFit, jobClass: JobClass, promises: readonly GpuPromise[], language: FitLanguage): PerGpu;
  promises(rooms: Rooms): GpuPromise[];
}

export interface ViewContext {
  live: LiveCapacity;
  knowledge: Knowledge;
  /** The profile that the state's `capacity` is for. */
  profile: Profile;
  latest(): Sample;
  backends(): readonly BackendState[];
  readHost(): Pick<HostState, "memoryTotalMiB" | "memoryAvailableMiB">;
}

const WORDS = { en: capacityWordsEn, "zh-CN": capacityWordsZhCn };

/** A panel's own question: it is nobody's process, and holds nothing. */
export const askFor = (jobClass: JobClass, gpuCount: number): JobAsk => ({
  ...{ id: "view", asker: "", jobClass, gpuCount, on: [], pid: null, backend: null },
});

export function createView(context: ViewContext): CapacityView {
  const { live, knowledge, backends } = context;
  const use = createRecentUse();
  /** Asked for with every turn and every hello: made once for each state. */
  let made: { of: Known; isKnown: boolean; answer: ReturnType<typeof make> } | null = null;

  function make() {
    const state = live.state();
    const rooms = roomsOf(state, live.nowMs(), live.policy);
    const promises = promisesOf(rooms);
    const fits: Fits = {};
    const byProfile = new Map<string, PublishedFit>();
    for (const profile of knowledge.profiles()) {
      const ask = askFor(knowledge.classOf(profile), profile.gpus);
      const fit = publishedFit(rooms, ask, state, live.nowMs(), live.policy);
      byProfile.set(profile.id, fit);
      fits[profile.id] = { canStart: live.isKnown() ? fit.canStart : null, gpus: gpuRows(fit) };
    }
    return { promises, fits, byProfile };
  }

  const gpuRows = ({ gpus }: PublishedFit) =>
    context.latest().gpus.map(({ index }): Fits[string]["gpus"][number] => {
      const fit = live.isKnown() ? gpus.find((one) => one.index === index) : undefined;
      if (fit === undefined) return [null, 0, 0, null, 0];
      const { canStart, inResidents, perJobMiB, reserveMiB, residentsMiB } = fit;
      return [canStart, inResidents, perJobMiB, reserveMiB, Math.ceil(residentsMiB)];
    });

  function unifiedOf(gpu: Gpu): GpuPromise["unified"] {
    if (!hasUnifiedMemory(gpu)) return null;
    const { memoryTotalMiB: totalMiB, memoryAvailableMiB: freeMiB } = context.readHost();
    return { totalMiB, freeMiB };
  }

  function promisesOf(rooms: Rooms): GpuPromise[] {
    const { gpus } = context.latest();
    const state = live.state();
    return gpus.map((gpu) => {
      const demand = rooms.demands.find(({ index }) => index === gpu.index);
      const { reclaimableMiB, backendMiB, tensorsMiB, cacheMiB } = backendsOn(gpu, gpus, backends());
      const known = { reclaimableMiB, backendMiB, tensorsMiB, cacheMiB, unified: unifiedOf(gpu) };
      if (demand === undefined || !live.isKnown()) return { ...UNKNOWN_PROMISE, ...known };
      const running = runningOn(state, gpu.index);
      const { freeMiB, promisedMiB } = roomOf(demand, false);
      return {
        ...known,
        running,
        freeMiB: Math.floor(freeMiB),
        promisedMiB: Math.ceil(promisedMiB),
        reserveMiB: demand.reserveMiB,
        useful: use.usefulness(gpu.uuid, running),
        residents: rooms.residents.filter((one) => one.gpu === gpu.index).map(({ gpu: _, ...one }) => one),
      };
    });
  }

  function current() {
    const isKnown = live.isKnown();
    if (made?.of !== live.state() || made.isKnown !== isKnown)
      made = { of: live.state(), isKnown, answer: make() };
    return made.answer;
  }

  function perGpu(
    fit: PublishedFit,
    jobClass: JobClass,
    promises: readonly GpuPromise[],
    language: FitLanguage,
  ): PerGpu {
    const basis = basisOf(live.state(), jobClass);
    const rows = gpuRows(fit);
    return context.latest().gpus.map((gpu, i) => {
      const promise = promises[i] ?? UNKNOWN_PROMISE;
      const [canStart, inResidents, perJobMiB, reserveMiB, residentsMiB] = rows[i] ?? [null, 0, 0, null, 0];
      const { running, freeMiB, promisedMiB, reclaimableMiB, useful, residents } = promise;
      const terms = {
        ...{ canStart, inResidents, perJobMiB, reserveMiB, residentsMiB },
        ...{ running, freeMiB, promisedMiB, reclaimableMiB, useful },
        recommendedMax: canStart === null ? null : canStart + (running ?? 0),
        unifiedMemory: promise.unified !== null,
      };
      const names = residents.filter(({ state, nextJob }) => state === "idle" && nextJob.fits > 0);
      const named = names.map(({ backend, name, pid }) => backend ?? name ?? `pid ${pid}`);
      return {
        index: gpu.index,
        ...terms,
        ...{ basis, residents, bar: barOf(gpu, promise, reserveMiB) },
        explanation: explainGpu({ ...terms, in: named }, WORDS[language]),
      };
    });
  }

  return {
    sample: use.sample,
    promises: promisesOf,
    perGpu,
    state(runs) {
      const { promises, fits, byProfile } = current();
      const { id } = context.profile;
      const fit = byProfile.get(id) ?? { canStart: 0, gpus: [] };
      const canStart = live.isKnown() ? fit.canStart : null;
      const capacity: CapacityState = {
        profile: id,
        perGpu: perGpu(fit, knowledge.classOf(context.profile), promises, "en"),
        canStart,
        recommendedMax: canStart === null ? null : canStart + runningJobs(runs),
      };
      return { capacity, promises, fits };
    },
  };
}

function basisOf({ learned }: Known, { key, configuredMiB }: JobClass): Profile["basis"] {
  if (configuredMiB !== null) return "configured";
  return (learned.get(key)?.peaks.length ?? 0) > 0 ? "measured" : "published";
}

/** Declared jobs, and processes that work without one. */
function runningOn({ gpus, running }: Known, gpu: number): number {
  const here = running.filter((job) => job.gpus.includes(gpu));
  const track = gpus.find(({ evidence }) => evidence.index === gpu);
  if (track === undefined) return here.length;
  if (track.kind === "hidden") return here.length + (track.unlisted.state === "running" ? 1 : 0);
  const own = track.tenants.filter(({ pid, state }) => state === "running" && here.every((job) => job.pid !== pid));
  return here.length + own.length;
}

/** Jobs that run now, each counted once on however many GPUs it is. */
function runningJobs(runs: readonly Run[]): number {
  const running = runs.filter(({ endedAt }) => endedAt === null);
  return new Set(running.map(({ job, pid, id }) => job ?? pid ?? id)).size;
}
