import { explainGpu } from "../../../shared/capacity/explain.ts";
import type { FitLanguage } from "../../../shared/capacity/fit.ts";
import { capacityWordsEn } from "../../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../../shared/capacity/words-zh-cn.ts";
import { barOf } from "../../../shared/gpu/bar-of.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../shared/gpu/sample.ts";
import { hasUnifiedMemory } from "../../../shared/gpu/unified.ts";
import type { Profile } from "../../../shared/profiles/profile.ts";
import {
  type CapacityState,
  type FitRow,
  type Fits,
  type GpuPromise,
  type HostState,
  type Resident,
  UNKNOWN_PROMISE,
} from "../../../shared/protocol/state.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { backendsOn } from "../../../shared/release/backends-on.ts";
import type { Run } from "../../../shared/timeline/run.ts";
import type { Knowledge } from "../../profiles/knowledge.ts";
import { createRecentUse } from "../../timeline/recent-use.ts";
import { admit } from "../admission/admit.ts";
import { wordsOf } from "../evidence/words.ts";
import type { JobClass, CapacityState as Known } from "../model.ts";
import { type Published, publish } from "../published/publish.ts";
import type { LiveCapacity } from "./live.ts";

type PerGpu = CapacityState["perGpu"];

/** What is said of capacity: in the state, to panels, by `fit`. All of it is read from one room per GPU. */
export interface CapacityView {
  sample(sample: Sample): void;
  state(runs: readonly Run[]): { capacity: CapacityState; promises: GpuPromise[]; fits: Fits };
  /** One kind of job on every GPU, in the order of the GPU list. */
  perGpu(fit: Published, jobClass: JobClass, language: FitLanguage): PerGpu;
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
const NO_ROW: FitRow = [null, 0, 0, null, 0];
const NO_FIT: Published = { isNever: false, canStart: 0, inIt: 0, beside: 0, perGpu: [] };

export function createView(context: ViewContext): CapacityView {
  const { live, knowledge, backends } = context;
  const use = createRecentUse();
  const publishAll = createFits(live, knowledge);

  const rowsOf = ({ perGpu }: Published): FitRow[] =>
    context.latest().gpus.map(({ index }) => {
      const fit = live.isKnown() ? perGpu.find((one) => one.index === index) : undefined;
      if (fit === undefined) return NO_ROW;
      const { canStart, inIt, perJobMiB, reserveMiB, residentsMiB } = fit;
      return [canStart, inIt, Math.ceil(perJobMiB ?? 0), reserveMiB, Math.ceil(residentsMiB)];
    });

  function unifiedOf(gpu: Gpu): GpuPromise["unified"] {
    if (!hasUnifiedMemory(gpu)) return null;
    const { memoryTotalMiB: totalMiB, memoryAvailableMiB: freeMiB } = context.readHost();
    return { totalMiB, freeMiB };
  }

  /** What is the same for every kind of job. */
  function promisesOf({ perGpu }: Published): GpuPromise[] {
    const { gpus } = context.latest();
    return gpus.map((gpu) => {
      const fit = live.isKnown() ? perGpu.find(({ index }) => index === gpu.index) : undefined;
      const known = { ...backendsOn(gpu, gpus, backends()), unified: unifiedOf(gpu) };
      const unseen = gpus.length === 1 ? unseenBackends(gpu, backends()) : [];
      if (fit === undefined) return { ...UNKNOWN_PROMISE, ...known };
      const { running, promisedMiB, residents } = fit;
      return {
        ...known,
        ...{ running, promisedMiB: Math.ceil(promisedMiB) },
        reserveMiB: live.policy.reserveMiB,
        useful: use.usefulness(gpu.uuid, running),
        residents: withUnseen(residents, unseen),
      };
    });
  }

  function perGpu(fit: Published, jobClass: JobClass, language: FitLanguage): PerGpu {
    const basis = basisOf(live.state(), jobClass);
    const rows = rowsOf(fit);
    const promises = promisesOf(fit);
    return context.latest().gpus.map((gpu, i) => {
      const promise = promises[i] ?? UNKNOWN_PROMISE;
      const [canStart, inResidents, perJobMiB, reserveMiB, residentsMiB] = rows[i] ?? NO_ROW;
      const { running, promisedMiB, reclaimableMiB, useful, residents } = promise;
      const known = live.isKnown() ? fit.perGpu.find(({ index }) => index === gpu.index) : undefined;
      const freeMiB = known === undefined ? null : Math.floor(known.freeMiB);
      const terms = {
        ...{ canStart, inResidents, perJobMiB, reserveMiB, residentsMiB },
        ...{ running, freeMiB, promisedMiB, reclaimableMiB, useful },
        recommendedMax: canStart === null ? null : canStart + (running ?? 0),
        ...{ unifiedMemory: promise.unified !== null, residents },
      };
      return {
        index: gpu.index,
        ...terms,
        ...{ basis, bar: barOf(gpu, promise, reserveMiB) },
        explanation: explainGpu(terms, WORDS[language]),
      };
    });
  }

  return {
    sample: use.sample,
    perGpu,
    state(runs) {
      const all = publishAll();
      const { id } = context.profile;
      const isKnown = live.isKnown();
      const fit = all.get(id) ?? NO_FIT;
      const canStart = isKnown ? fit.canStart : null;
      const capacity: CapacityState = {
        profile: id,
        perGpu: perGpu(fit, knowledge.classOf(context.profile), "en"),
        canStart,
        recommendedMax: canStart === null ? null : canStart + runningJobs(runs),
      };
      const fits = [...all].map(([profile, one]) => [
        profile,
        { canStart: isKnown ? one.canStart : null, gpus: rowsOf(one) },
      ]);
      return { capacity, promises: promisesOf(fit), fits: Object.fromEntries(fits) };
    },
  };
}

/** What may start of every profile: made on one pass over the queue, once for each state, for every turn and hello asks. */
function createFits(live: LiveCapacity, knowledge: Knowledge): () => ReadonlyMap<string, Published> {
  let made: { of: Known; isKnown: boolean; fits: ReadonlyMap<string, Published> } | null = null;
  return () => {
    const state = live.state();
    const isKnown = live.isKnown();
    if (made?.of === state && made.isKnown === isKnown) return made.fits;
    const pass = admit(state, live.policy);
    const fits = new Map(
      knowledge.profiles().map((profile) => {
        const question = { jobClass: knowledge.classOf(profile), gpuCount: profile.gpus };
        return [profile.id, publish(state, question, live.policy, pass)] as const;
      }),
    );
    made = { of: state, isKnown, fits };
    return fits;
  };
}

/** Backends that say whether they work, and whose process is not recognised. */
function unseenBackends({ processes }: Gpu, backends: readonly BackendState[]): Resident[] {
  const seen = new Set(processes?.map(({ backend }) => backend));
  const unseen = wordsOf(backends).filter(({ backend }) => !seen.has(backend));
  return unseen.map(({ backend, busy, queued = false }) => ({
    ...{ backend, pid: null, name: null },
    state: busy || queued ? "running" : "idle",
    nextJob: { fits: 0, needsMiB: null },
  }));
}

/** Where nobody is named and one backend tells of itself, it is what is there. */
function withUnseen(residents: readonly Resident[], unseen: readonly Resident[]): Resident[] {
  const [only, ...others] = unseen;
  const [all] = residents;
  if (only === undefined || others.length > 0 || all === undefined || all.pid !== null)
    return [...residents, ...unseen];
  const nextJob = only.state === "idle" ? all.nextJob : only.nextJob;
  return [{ ...all, backend: only.backend, nextJob }];
}

function basisOf({ learned }: Known, { key, configuredMiB }: JobClass): Profile["basis"] {
  if (configuredMiB !== null) return "configured";
  return (learned.get(key)?.peaks.length ?? 0) > 0 ? "measured" : "published";
}

/** Jobs that run now, each counted once on however many GPUs it is. */
function runningJobs(runs: readonly Run[]): number {
  const running = runs.filter(({ endedAt }) => endedAt === null);
  return new Set(running.map(({ job, pid, id }) => job ?? pid ?? id)).size;
}
