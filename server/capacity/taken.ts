import type { ReserveSettings } from "../../shared/capacity/concurrency.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { MarkedJob } from "./job-mark.ts";
import type { Observed } from "./observed.ts";
import { promisesOn, type SeenRun } from "./promises.ts";

/** What runs on one GPU and will still be taken there, MiB; `null`: that cannot be told. */
export interface Taken {
  running: number | null;
  promisedMiB: number | null;
  /** Of what is promised, for what nobody marked. */
  unmarkedMiB: number;
  /** What those may have given back since the processes were listed: it is free now, and is theirs. */
  regainedMiB: number;
  runs: readonly SeenRun[] | null;
  /** What the jobs take at most, held or promised; `null`: that cannot be told. */
  jobsMiB: number | null;
}

export const UNTOLD: Taken = {
  running: null,
  promisedMiB: null,
  unmarkedMiB: 0,
  regainedMiB: 0,
  runs: null,
  jobsMiB: null,
};

const UNNAMED_STEP_MIB = 256;

/** What is known of those who will take VRAM on this GPU. Pure. */
export function takenOn(
  state: Observed,
  gpu: Gpu,
  marked: readonly MarkedJob[],
  profiles: readonly Profile[],
  reserve: ReserveSettings,
  idleBackends: ReadonlySet<string>,
): Taken {
  const isMarked = marked.some((job) => job.gpus.includes(gpu.index));
  // Before the processes were listed nothing is known of what runs, but for what was marked.
  if (!isMarked && gpu.processes === null) return UNTOLD;
  const { running, promisedMiB, unmarkedMiB, unmarkedHeldMiB, freeMiB, runs, jobsMiB } = promisesOn(
    state,
    gpu.index,
    marked,
    profiles,
    reserve,
    idleBackends,
  );
  const free = gpu.memoryFreeMiB;
  // What was freed since the processes were listed may be given to one of them: it is not counted on before the next list.
  const unnamed = free === null || freeMiB === null ? 0 : Math.max(0, free - freeMiB);
  // In steps, so that what moves a little with every sample is not sent and drawn with every sample.
  const held = unnamed < UNNAMED_STEP_MIB / 2 ? 0 : Math.ceil(unnamed / UNNAMED_STEP_MIB) * UNNAMED_STEP_MIB;
  const regainedMiB = Math.min(unnamed, unmarkedHeldMiB);
  return { running, promisedMiB: promisedMiB + held, unmarkedMiB, regainedMiB, runs, jobsMiB };
}
