import type { Gpu } from "../gpu/gpu.ts";
import type { CapacityState } from "../protocol/state.ts";
import type { BackendState } from "../release/backend.ts";
import { estimateMiB } from "../release/estimate.ts";
import { type GpuCapacity, gpuCapacity, totalCanStart } from "./concurrency.ts";
import { expectedSeconds } from "./expected-seconds.ts";
import type { Job } from "./job.ts";
import { capacityOnGpu, type GpuKnown, roomOf } from "./on-gpu.ts";
import type { Prediction } from "./predict-profile.ts";
import type { Profile } from "./profile.ts";

/** What VAE tiling saves: one field report, CogVideoX-2b on an A10 (−2.1 GB, read as the smaller of GB and GiB). */
export const VAE_TILING_MIB = 2002;

/** A way to make a job fit, with the figure it rests on. MiB are per GPU. */
export type FitOption =
  /** Idle backends give their models back: an estimate. */
  | { kind: "release"; backends: string[]; gainMiB: number; enough: boolean }
  /** A marked job ends; `secondsLeft` by its profile's duration, `null` where that is not known. */
  | { kind: "wait"; job: string; label: string; secondsLeft: number | null; gainMiB: number; enough: boolean }
  /** The same model with other settings, or a lighter one: a profile with its own peak. */
  | {
      kind: "quantize" | "resolution" | "frames" | "offload" | "more-gpus" | "lighter-model";
      profile: string;
      label: string;
      peakMiB: number;
      basis: Profile["basis"];
      enough: boolean;
    }
  /** The decoder works in tiles: what one report saved. */
  | { kind: "vae-tiling"; gainMiB: number; enough: boolean };

/** Whether one more job of a kind fits now, how many, or by how much it does not and what would help. */
export interface Fit {
  profile: string;
  /** Where the profile was predicted from those of other sizes: from which, and how. */
  predicted?: Prediction;
  /** `null`: no GPU reports its VRAM. */
  fits: boolean | null;
  canStart: number | null;
  /** What is missing on the GPU that misses least (for a job on k GPUs: on the k-th best); 0 when it fits. */
  missingMiB: number | null;
  /** It would not fit on these GPUs even if nothing else were on them. */
  never: boolean;
  perGpu: GpuCapacity[];
  /** In order of least harm. Empty when it fits. */
  options: FitOption[];
}

/** Languages in which the API says how it reckons. */
export const FIT_LANGUAGES = ["en", "zh-CN"] as const;
export type FitLanguage = (typeof FIT_LANGUAGES)[number];

/** The answer of the API: with the arithmetic in words, and the peak it rests on with its source. */
export interface ExplainedFit extends Fit {
  perGpu: CapacityState["perGpu"];
  peakMiB: number;
  /** How far one such job may lie above it. */
  uncertaintyMiB: number;
  source: string;
}

export interface FitContext {
  gpus: readonly Gpu[];
  /** What is known of each of the GPUs; empty: nothing. */
  promises: readonly GpuKnown[];
  profiles: readonly Profile[];
  backends: readonly BackendState[];
  jobs: readonly Job[];
  /** Epoch milliseconds. */
  nowMs: number;
}

/** Does one more job of this profile fit now, and if not, what would make it fit? Pure. */
export function assessFit(profile: Profile, context: FitContext): Fit {
  const perGpu = capacities(profile, context);
  const canStart = totalCanStart(perGpu, profile.gpus);
  const missingMiB = canStart === null ? null : canStart > 0 ? 0 : missing(perGpu, profile);
  return {
    profile: profile.id,
    fits: canStart === null ? null : canStart > 0,
    canStart,
    missingMiB,
    never: neverFits(profile, context),
    perGpu,
    options: canStart === 0 && missingMiB !== null ? optionsFor(profile, missingMiB, context) : [],
  };
}

function capacities(profile: Profile, { gpus, promises }: FitContext): GpuCapacity[] {
  return gpus.map((gpu, i) => capacityOnGpu(gpu, profile, promises[i]));
}

/** VRAM that a GPU lacks for one more job. */
function lacking({ freeMiB, reserveMiB, promisedMiB, perJobMiB }: GpuCapacity): number | null {
  if (freeMiB === null || reserveMiB === null) return null;
  return Math.max(0, perJobMiB - (freeMiB - reserveMiB - (promisedMiB ?? 0)));
}

function missing(perGpu: readonly GpuCapacity[], { gpus }: Profile): number | null {
  const lacks = perGpu.flatMap((gpu) => lacking(gpu) ?? []).sort((a, b) => a - b);
  return lacks[gpus - 1] ?? null;
}

/** Fewer GPUs than it needs could hold it if they were empty. */
function neverFits(profile: Profile, { gpus, promises }: FitContext): boolean {
  const empty = gpus.map((gpu, i) => {
    const { index, memoryTotalMiB } = roomOf(gpu, promises[i]);
    const room = { index, memoryTotalMiB, memoryFreeMiB: memoryTotalMiB };
    return gpuCapacity(room, profile, { reserveMiB: promises[i]?.reserveMiB ?? null });
  });
  return totalCanStart(empty, profile.gpus) === 0 && empty.every(({ freeMiB }) => freeMiB !== null);
}

function optionsFor(profile: Profile, missingMiB: number, context: FitContext): FitOption[] {
  const never = neverFits(profile, context);
  const options: FitOption[] = [
    ...releaseOption(profile, context),
    ...waitOptions(profile, context),
    ...otherSettings(profile, context),
    { kind: "vae-tiling", gainMiB: VAE_TILING_MIB, enough: VAE_TILING_MIB >= missingMiB },
    ...lighterModels(profile, context),
  ];
  // Nothing that only makes room helps a job that no empty GPU could hold.
  return never ? options.filter(({ kind }) => kind !== "release" && kind !== "wait") : options;
}

/** Would it fit if these GPUs had so much more room? What comes back elsewhere does not help. */
function fitsWith(
  gainOn: (gpu: Gpu, i: number) => { gainMiB: number; ended: number },
  profile: Profile,
  context: FitContext,
): boolean {
  const perGpu = context.gpus.map((gpu, i) => {
    const { gainMiB, ended } = gainOn(gpu, i);
    const known = context.promises[i];
    const { memoryTotalMiB: total, memoryFreeMiB: free } = roomOf(gpu, known);
    // What was only promised is no longer, and the rest is given back.
    const promised = known?.promisedMiB ?? 0;
    const unpromised = Math.min(promised, ended > 0 ? gainMiB : 0);
    const room = {
      index: gpu.index,
      memoryTotalMiB: total,
      memoryFreeMiB: free === null ? null : free + gainMiB - unpromised,
    };
    if (known === undefined) return capacityOnGpu(room, profile);
    const running = known.running === null ? null : Math.max(0, known.running - ended);
    const promisedMiB = known.promisedMiB === null ? null : promised - unpromised;
    return capacityOnGpu(room, profile, { ...known, running, promisedMiB, unified: null });
  });
  return (totalCanStart(perGpu, profile.gpus) ?? 0) > 0;
}

function releaseOption(profile: Profile, context: FitContext): FitOption[] {
  const { backends, gpus, promises } = context;
  const idle = backends.flatMap((backend) => {
    const gainMiB = backend.busy === true ? null : estimateMiB(backend, gpus);
    return gainMiB === null || gainMiB <= 0 ? [] : [{ id: backend.id, gainMiB }];
  });
  if (idle.length === 0) return [];
  const gainMiB = idle.reduce((sum, one) => sum + one.gainMiB, 0);
  const only = gpus.length === 1 ? gainMiB : 0;
  const gainOn = (_: Gpu, i: number) => ({ gainMiB: promises[i]?.reclaimableMiB ?? only, ended: 0 });
  const enough = fitsWith(gainOn, profile, context);
  return [{ kind: "release", backends: idle.map(({ id }) => id), gainMiB, enough }];
}

function waitOptions(profile: Profile, context: FitContext): FitOption[] {
  const { jobs, profiles, nowMs } = context;
  return jobs
    .filter(({ state }) => state === "running")
    .map((job): Extract<FitOption, { kind: "wait" }> => {
      const seconds = expectedSeconds(job.profile, profiles, jobs);
      const ranFor = job.startedAt === null ? 0 : (nowMs - job.startedAt) / 1000;
      // Of one that takes longer than usual nobody knows the end.
      const secondsLeft = seconds === null || ranFor > seconds ? null : Math.round(seconds - ranFor);
      const gainOn = ({ index }: Gpu) =>
        job.gpus.includes(index) ? { gainMiB: job.peakMiB, ended: 1 } : { gainMiB: 0, ended: 0 };
      const enough = fitsWith(gainOn, profile, context);
      return { kind: "wait", job: job.id, label: job.label, secondsLeft, gainMiB: job.peakMiB, enough };
    })
    .sort(
      (a, b) => (a.secondsLeft ?? Number.POSITIVE_INFINITY) - (b.secondsLeft ?? Number.POSITIVE_INFINITY),
    );
}

/** The same model and task with settings that need less, the gentlest first. */
function otherSettings(profile: Profile, context: FitContext): FitOption[] {
  const kinds = ["more-gpus", "quantize", "resolution", "frames", "offload"] as const;
  const same = context.profiles.filter(
    (other) =>
      other.id !== profile.id &&
      other.model !== null &&
      other.model === profile.model &&
      other.task === profile.task &&
      needMiB(other) < needMiB(profile) &&
      other.gpus <= context.gpus.length &&
      // More pixels or frames for less VRAM is another job, not a gentler one.
      pixels(other) <= pixels(profile) &&
      (other.frames ?? 0) <= (profile.frames ?? 0),
  );
  return kinds.flatMap((kind) =>
    same
      .filter((other) => differenceOf(profile, other) === kind)
      .map((other) => toOption(kind, other, context)),
  );
}

/** What mainly tells the other profile from this one. */
function differenceOf(profile: Profile, other: Profile): FitOption["kind"] | null {
  if (other.gpus > profile.gpus) return "more-gpus";
  if (other.offload !== null && other.offload !== profile.offload) return "offload";
  if (pixels(other) < pixels(profile)) return "resolution";
  if ((other.frames ?? 0) < (profile.frames ?? 0)) return "frames";
  return other.quant === profile.quant ? null : "quantize";
}

/** What room must be there for: a figure that was measured here may be higher than one from elsewhere and need less. */
const needMiB = ({ peakMiB, uncertaintyMiB }: Profile) => peakMiB + uncertaintyMiB;

const pixels = ({ width, height }: Profile) => (width ?? 0) * (height ?? 0);

/** Other models for the same task that need less, the largest of them first: as near as possible to what was wanted. */
function lighterModels(profile: Profile, context: FitContext): FitOption[] {
  return context.profiles
    .filter(
      (other) =>
        other.model !== profile.model && other.task === profile.task && needMiB(other) < needMiB(profile),
    )
    .map((other) => toOption("lighter-model", other, context))
    .filter(({ enough }) => enough)
    .sort((a, b) => b.peakMiB - a.peakMiB)
    .slice(0, 3);
}

function toOption(
  kind: "quantize" | "resolution" | "frames" | "offload" | "more-gpus" | "lighter-model",
  other: Profile,
  context: FitContext,
) {
  const room = totalCanStart(capacities(other, context), other.gpus);
  const { id: profile, label, peakMiB, basis } = other;
  return { kind, profile, label, peakMiB, basis, enough: (room ?? 0) > 0 };
}
