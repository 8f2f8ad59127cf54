import { type FitAdvice, type FitOption, VAE_TILING_MIB } from "../../shared/capacity/fit.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import { afterEnd } from "../capacity/admission/backfill.ts";
import type { GpuDemand, RunningJob } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";
import { type Placing, place } from "../capacity/room/place.ts";
import { seatOn } from "../capacity/room/room.ts";
import { otherSettings, type Settings } from "./other-settings.ts";

/** A CUDA context stays when a backend has released (300 to 600 MiB in practice). */
const CONTEXT_MIB = 600;

export interface AdviceContext {
  demands: readonly GpuDemand[];
  placing: Placing;
  policy: Policy;
  running: readonly RunningJob[];
  /** What people call a running job. */
  labelOf(id: string): string;
  /** What a release of this backend would bring, by its own figures; `null`: not known, or it cannot be asked. */
  reclaimableMiB(backend: string): number | null;
  /** What its processes hold, where it was asked in vain and only their end helps; `null`: not so, or not known. */
  restartMiB(backend: string): number | null;
  profile: Profile;
  profiles: readonly Profile[];
  placingOf(profile: Profile): Placing;
  never: boolean;
  nowMs: number;
}

/** What would make a job fit that does not, in order of least harm, each with the figure it rests on. Pure. */
export function adviseOn(context: AdviceContext): FitAdvice {
  const { demands, placing, policy, never } = context;
  const fits = place(demands, [], placing, policy) !== null;
  if (fits) return { missingMiB: 0, never, options: [] };
  const missingMiB = missingOn(demands, placing);
  const tiling: FitOption = {
    ...{ kind: "vae-tiling", gainMiB: VAE_TILING_MIB },
    enough: missingMiB !== null && VAE_TILING_MIB >= missingMiB,
  };
  const settings: Settings = {
    ...context,
    gpuCount: demands.length,
    fits: (other) => place(demands, [], context.placingOf(other), policy) !== null,
  };
  const { same, lighter } = otherSettings(settings);
  // What only makes room does not help a job that no empty GPU could hold.
  const roomier = never
    ? []
    : [...releaseOption(context), ...waitOptions(context), ...restartOption(context)];
  return { missingMiB, never, options: [...roomier, ...same, tiling, ...lighter] };
}

/** What the GPU lacks that lacks least; for k GPUs the k-th best. `null`: no sum of MiB decides. */
function missingOn(demands: readonly GpuDemand[], { wish, gpuCount, on }: Placing): number | null {
  const left = demands
    .filter(({ index }) => on.length === 0 || on.includes(index))
    .map((demand) => seatOn(demand, wish).leftMiB)
    .sort((a, b) => b - a)[gpuCount - 1];
  return left === undefined || !Number.isFinite(left) ? null : Math.ceil(Math.max(0, -left));
}

function releaseOption(context: AdviceContext): FitOption[] {
  return leaveOption(context, "release", context.reclaimableMiB, CONTEXT_MIB);
}

function restartOption(context: AdviceContext): FitOption[] {
  return leaveOption(context, "restart", context.restartMiB, 0);
}

/** @param keepsMiB what a backend still holds afterwards */
function leaveOption(
  { demands, placing, policy }: AdviceContext,
  kind: "release" | "restart",
  gainOf: (backend: string) => number | null,
  keepsMiB: number,
): FitOption[] {
  const idle = demands.flatMap(({ holders }) =>
    holders.flatMap(({ backend, isActive }) => (backend === null || isActive ? [] : [backend])),
  );
  const gains = [...new Set(idle)].flatMap((backend) => {
    const gainMiB = gainOf(backend) ?? 0;
    return gainMiB > 0 ? [{ backend, gainMiB }] : [];
  });
  if (gains.length === 0) return [];
  const left = gains.map(({ backend }) => backend);
  const after = demands.map((demand) => afterLeaving(demand, left, keepsMiB));
  return [
    {
      ...{ kind, backends: left, gainMiB: gains.reduce((sum, one) => sum + one.gainMiB, 0) },
      enough: place(after, [], placing, policy) !== null,
    },
  ];
}

function afterLeaving(demand: GpuDemand, left: readonly string[], keepsMiB: number): GpuDemand {
  let freedMiB = 0;
  const holders = demand.holders.map((holder) => {
    if (holder.backend === null || holder.isActive || !left.includes(holder.backend)) return holder;
    const heldMiB = Math.min(holder.heldMiB, keepsMiB);
    freedMiB += holder.heldMiB - heldMiB;
    return { ...holder, heldMiB, expectMiB: heldMiB };
  });
  return { ...demand, holders, freeMiB: demand.freeMiB + freedMiB };
}

function waitOptions({ demands, placing, policy, running, labelOf, nowMs }: AdviceContext): FitOption[] {
  return running
    .map((job): Extract<FitOption, { kind: "wait" }> => {
      const leftMs = job.startedMs + job.expectedMs - nowMs;
      const after = demands.map((demand) =>
        job.gpus.includes(demand.index) ? afterEnd(demand, job) : demand,
      );
      return {
        ...{ kind: "wait", job: job.id, label: labelOf(job.id), gainMiB: Math.ceil(job.figureMiB) },
        // Of one that takes longer than usual nobody knows the end.
        secondsLeft: leftMs < 0 ? null : Math.round(leftMs / 1000),
        enough: place(after, [], placing, policy) !== null,
      };
    })
    .sort(
      (a, b) => (a.secondsLeft ?? Number.POSITIVE_INFINITY) - (b.secondsLeft ?? Number.POSITIVE_INFINITY),
    );
}
