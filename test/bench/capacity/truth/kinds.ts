import type { Profile } from "../../../../shared/capacity/profile.ts";
import type { Random } from "../random.ts";

/** A job as it really is. Ages are seconds since its process took its CUDA context. */
export interface TrueJob {
  id: number;
  profile: Profile;
  arrivesS: number;
  /** From the user's press to the first VRAM: Python starts, imports, reads. */
  lagS: number;
  /** Corners of its curve, per GPU: whole seconds, MiB, straight lines between. */
  ages: readonly number[];
  levels: readonly number[];
  seconds: number;
}

/** Corners after loading: share of the time, share of the peak. */
type Shape = readonly (readonly [share: number, level: number])[];

const SHAPES = {
  // Weights, text encoder gone, sampling, the decoder's spike, the allocator's cache until the end.
  plain: [
    [0, 0.7],
    [0.03, 0.86],
    [0.82, 0.88],
    [0.86, 1],
    [0.96, 1],
    [0.97, 0.9],
    [1, 0.9],
  ],
  // All at the end: the decoder. The report's tiling saved 2.1 of 14.89 GB, so the rest is at most 0.86 of the peak.
  lateSpike: [
    [0, 0.6],
    [0.04, 0.8],
    [0.88, 0.84],
    [0.9, 1],
    [0.97, 1],
    [0.98, 0.9],
    [1, 0.9],
  ],
  // The report's Wan2.2: the high-noise model, a dip, the low-noise model, the sampling peak.
  twoHumps: [
    [0, 0.456],
    [0.34, 0.47],
    [0.36, 0.3],
    [0.4, 0.61],
    [0.5, 0.91],
    [0.56, 0.98],
    [0.9, 1],
    [0.96, 1],
    [0.97, 0.3],
    [1, 0.3],
  ],
  // Blocks come and go between host and GPU.
  sawtooth: [
    [0, 0.55],
    [0.2, 0.7],
    [0.22, 0.45],
    [0.5, 0.75],
    [0.52, 0.5],
    [0.85, 0.8],
    [0.88, 1],
    [0.97, 1],
    [1, 0.6],
  ],
} as const satisfies Record<string, Shape>;

function shapeOf({ id }: Profile): Shape {
  if (id.startsWith("wan2.2-i2v")) return SHAPES.twoHumps;
  if (id.includes("offload")) return SHAPES.sawtooth;
  if (id.startsWith("cogvideox")) return SHAPES.lateSpike;
  return SHAPES.plain;
}

const CONTEXT_MIB = 450;
/** Short clips are made several at a time, for nobody loads 12 GB for 6 s; what nobody published takes five minutes. */
const LEAST_SECONDS = 180;
const UNKNOWN_SECONDS = 300;

export function typicalSeconds({ seconds }: Profile): number {
  return Math.max(LEAST_SECONDS, seconds ?? UNKNOWN_SECONDS);
}

/** Draws one job: peak ± 10 %, every corner ± 3 % beside, pace ± 10 %, loading at 0.8 to 2 GB/s. */
export function drawJob(
  random: Random,
  id: number,
  profile: Profile,
  truePeakMiB: number,
  arrivesS: number,
): TrueJob {
  const peak = truePeakMiB * random.between(0.9, 1.1);
  const runS = typicalSeconds(profile) * random.between(0.9, 1.1);
  const shape = shapeOf(profile);
  const first = peak * (shape[0]?.[1] ?? 0.5);
  const loadS = Math.max(3, Math.round(first / random.between(800, 2000)));
  const ages = [0];
  const levels = [CONTEXT_MIB];
  for (const [share, level] of shape) {
    const age = Math.max((ages.at(-1) ?? 0) + 1, Math.round(loadS + share * runS));
    const own = level === 1 ? 1 : Math.min(1, level * random.between(0.97, 1.03));
    ages.push(age);
    levels.push(Math.round(peak * own));
  }
  return {
    id,
    profile,
    arrivesS,
    lagS: Math.round(random.between(1, 6)),
    ages,
    levels,
    seconds: ages.at(-1) ?? 1,
  };
}

/** What the job holds at an age, MiB. `corner` is where the last look ended: ages only grow. */
export function levelAt({ ages, levels }: TrueJob, age: number, corner = 0): number {
  let i = corner;
  while (i + 1 < ages.length && (ages[i + 1] ?? 0) <= age) i++;
  const [a0 = 0, a1] = [ages[i], ages[i + 1]];
  const [l0 = 0, l1] = [levels[i], levels[i + 1]];
  if (a1 === undefined || l1 === undefined) return l0;
  return Math.round(l0 + ((l1 - l0) * (age - a0)) / (a1 - a0));
}
