import type { Random } from "../random.ts";

/** Corners of a job's curve after loading: share of the time, share of the highest level that a sample sees. */
type Shape = readonly (readonly [share: number, level: number])[];

const SHAPES = {
  // Weights, sampling, the decoder, the allocator's cache until the end.
  plain: [
    [0, 0.72],
    [0.05, 0.87],
    [0.8, 0.9],
    [0.85, 1],
    [0.95, 1],
    [1, 0.9],
  ],
  late: [
    [0, 0.6],
    [0.05, 0.8],
    [0.88, 0.84],
    [0.9, 1],
    [0.98, 1],
    [1, 0.9],
  ],
  // The high-noise model, a dip, then the low-noise model and the sampling peak.
  twoHumps: [
    [0, 0.46],
    [0.34, 0.48],
    [0.36, 0.3],
    [0.42, 0.62],
    [0.5, 0.92],
    [0.6, 0.98],
    [0.9, 1],
    [0.97, 1],
    [1, 0.3],
  ],
  // Blocks come and go between host and GPU.
  saw: [
    [0, 0.55],
    [0.2, 0.72],
    [0.22, 0.45],
    [0.5, 0.78],
    [0.52, 0.5],
    [0.85, 0.8],
    [0.88, 1],
    [0.97, 1],
    [1, 0.6],
  ],
} as const satisfies Record<string, Shape>;

/** A kind of job as it truly is. MiB per GPU, seconds without loading. */
export interface Kind {
  id: string;
  peakMiB: number;
  seconds: number;
  gpus: number;
  shape: keyof typeof SHAPES;
  /** Its peak is a spike shorter than a second, which a sample meets in a third of the cases. */
  spike: boolean;
  /** One model at several sizes, of which none is published. */
  size?: { width: number; height: number; frames: number };
}

const kind = (
  id: string,
  peakMiB: number,
  seconds: number,
  shape: Kind["shape"] = "plain",
  { gpus = 1, spike = false } = {},
): Kind => ({ id, peakMiB, seconds, shape, gpus, spike });

/** Peaks and seconds near published ones. */
export const KINDS: readonly Kind[] = [
  kind("sdxl", 8400, 12, "late", { spike: true }),
  kind("ltx", 11_000, 16),
  kind("turbo-1.3b-480p", 12_200, 22),
  kind("turbo-1.3b-720p", 14_800, 38, "plain", { spike: true }),
  kind("wan2.1-1.3b", 8200, 55, "late"),
  kind("offloaded-14b", 15_500, 150, "saw"),
  kind("cogvideox", 18_500, 110, "late", { spike: true }),
  kind("wan2.2-5b", 22_500, 140),
  kind("turbo-14b-480p", 38_500, 45),
  kind("wan2.1-14b", 41_200, 180, "late"),
  kind("i2v-a14b", 43_000, 210, "twoHumps"),
  kind("i2v-small", 20_000, 90, "twoHumps"),
  kind("hunyuan", 60_000, 240, "plain", { spike: true }),
  kind("two-gpus", 30_000, 100, "plain", { gpus: 2 }),
  kind("four-gpus", 26_000, 90, "plain", { gpus: 4 }),
  kind("eight-gpus", 24_000, 60, "plain", { gpus: 8 }),
  ...[49, 81, 121].map((frames) => ({
    // Weights and 110 MiB a frame.
    ...kind(`sized-${frames}`, 6000 + 110 * frames, 30 + frames / 2),
    size: { width: 832, height: 480, frames },
  })),
];

export function kindOf(id: string): Kind {
  const found = KINDS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no kind ${id}`);
  return found;
}

/** One job as it truly is: its level at each second of its life, and the most within that second. MiB. */
export interface Curve {
  peakMiB: number;
  loadS: number;
  levels: readonly number[];
  highs: readonly number[];
}

export const CONTEXT_MIB = 450;
/** Share of the peak that is weights. */
export const WEIGHTS = 0.6;
const SPIKE = 0.08;

/** @param noise deviation of the peaks of one kind, as a share */
export function drawCurve(random: Random, one: Kind, truePeakMiB: number, noise: number): Curve {
  const peakMiB = Math.round(truePeakMiB * (1 + noise * random.bell()));
  const top = one.spike ? peakMiB * (1 - SPIKE) : peakMiB;
  const runS = Math.max(6, Math.round(one.seconds * random.between(0.85, 1.15)));
  const shape = SHAPES[one.shape];
  const first = top * shape[0][1];
  const loadS = Math.max(2, Math.round(first / random.between(1200, 3000)));
  const levels: number[] = [];
  for (let s = 0; s < loadS; s++) levels.push(Math.round(CONTEXT_MIB + ((first - CONTEXT_MIB) * s) / loadS));
  for (let s = 0; s <= runS; s++) levels.push(Math.round(top * levelAt(shape, s / runS)));
  const highs = [...levels];
  if (one.spike) highs[loadS + Math.round(runS * random.between(0.88, 0.95))] = peakMiB;
  return { peakMiB: Math.max(...highs), loadS, levels, highs };
}

function levelAt(shape: Shape, share: number): number {
  const next = shape.findIndex(([at]) => at >= share);
  const [to, before] = [shape[Math.max(0, next)], shape[Math.max(0, next - 1)]];
  if (to === undefined || before === undefined) return 1;
  if (to === before) return to[1];
  return before[1] + ((to[1] - before[1]) * (share - before[0])) / (to[0] - before[0]);
}
