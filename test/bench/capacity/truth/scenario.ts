import { BUILT_IN_PROFILES } from "../../../../shared/capacity/built-in-profiles.ts";
import { reserveMiB } from "../../../../shared/capacity/concurrency.ts";
import type { Profile } from "../../../../shared/capacity/profile.ts";
import { createRandom, type Random } from "../random.ts";
import { drawJob, type TrueJob, typicalSeconds } from "./kinds.ts";
import { drawOthers, type OtherPrograms } from "./others.ts";

export interface Machine {
  name: string;
  totalMiB: number;
  gpus: number;
}

export const MACHINES: readonly Machine[] = [
  { name: "16 GB", totalMiB: 16_376, gpus: 1 },
  { name: "24 GB", totalMiB: 24_564, gpus: 1 },
  { name: "32 GB", totalMiB: 32_607, gpus: 1 },
  { name: "48 GB", totalMiB: 49_140, gpus: 1 },
  { name: "80 GB", totalMiB: 81_559, gpus: 1 },
  { name: "8 × 80 GB", totalMiB: 81_559, gpus: 8 },
];

/** What the driver and the desktop hold at least, MiB. */
export const BASE_MIB = 500;
const DAY = 86_400;
export const OPENS_S = 8 * 3600;
export const CLOSES_S = 20 * 3600;

/** One machine's life: its jobs, in order of arrival, and its other programs. */
export interface Scenario {
  machine: Machine;
  /** As published; what the jobs really take may be off. */
  profiles: readonly Profile[];
  jobs: readonly TrueJob[];
  others: OtherPrograms;
  endS: number;
}

export interface ScenarioSettings {
  seed: number;
  jobs: number;
  /** Jobs per second in the busiest hours; `null`: all at once, to measure what the machine can do. */
  rate: number | null;
  /** Published peaks are off by this share at most. */
  publishedOff: number;
  /** … by exactly ± this share. */
  publishedWrong?: number;
}

/** Share of the busiest hours' rate, by hour of the day: two busy spells, a lunch, nothing at night. */
export const DAY_SHAPE = [0, 0, 0, 0, 0, 0, 0, 0, 0.6, 1, 1, 1, 0.6, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0, 0, 0, 0];

export function drawScenario(machine: Machine, settings: ScenarioSettings): Scenario {
  const random = createRandom(settings.seed);
  const hasServer = random.next() < 0.4;
  const serverMiB = hasServer ? Math.round(machine.totalMiB * random.between(0.08, 0.15)) : null;
  const truePeak = new Map<string, number>();
  const published: Profile[] = [];
  for (const profile of BUILT_IN_PROFILES) {
    const off = settings.publishedWrong ?? 0;
    truePeak.set(
      profile.id,
      profile.peakMiB * random.between(1 - settings.publishedOff, 1 + settings.publishedOff),
    );
    const shown = off === 0 ? profile.peakMiB : profile.peakMiB * (random.next() < 0.5 ? 1 - off : 1 + off);
    published.push({ ...profile, peakMiB: Math.round(shown) });
  }
  const room = machine.totalMiB - reserveMiB(machine.totalMiB) - BASE_MIB - 800 - (serverMiB ?? 0);
  // Only what fits even when it turns out large: who starts the others gets an out-of-memory from any policy.
  const kinds = published
    .filter(({ id, gpus }) => gpus <= machine.gpus && (truePeak.get(id) ?? 0) * 1.1 <= room)
    .filter(({ peakMiB }) => peakMiB <= room);
  const jobs = drawJobs(random.fork(1), kinds, truePeak, settings);
  const endS = (Math.floor((jobs.at(-1)?.arrivesS ?? 0) / DAY) + 1) * DAY + DAY / 2;
  return {
    machine,
    profiles: published,
    jobs,
    others: drawOthers(random.fork(2), machine.gpus, endS, serverMiB),
    endS,
  };
}

function drawJobs(
  random: Random,
  kinds: readonly Profile[],
  truePeak: ReadonlyMap<string, number>,
  { jobs: count, rate }: ScenarioSettings,
): TrueJob[] {
  const weights = kinds.map((kind) => 1 / Math.sqrt(typicalSeconds(kind) * kind.gpus));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const draw = () => {
    let left = random.next() * all;
    for (const [i, kind] of kinds.entries()) {
      left -= weights[i] ?? 0;
      if (left <= 0) return kind;
    }
    return kinds[0];
  };
  const jobs: TrueJob[] = [];
  let t = OPENS_S;
  while (jobs.length < count) {
    if (rate !== null) t = nextArrival(random, t, rate);
    const profile = draw();
    if (profile === undefined) return [];
    jobs.push(
      drawJob(random, jobs.length, profile, truePeak.get(profile.id) ?? profile.peakMiB, Math.floor(t)),
    );
  }
  return jobs;
}

/** Poisson arrivals whose rate follows the day, by thinning. */
function nextArrival(random: Random, fromS: number, rate: number): number {
  let t = fromS;
  do {
    t += random.wait(1 / rate);
    if (t % DAY >= CLOSES_S || t % DAY < OPENS_S)
      t = (Math.floor(t / DAY) + (t % DAY >= CLOSES_S ? 1 : 0)) * DAY + OPENS_S + random.wait(1 / rate);
  } while (random.next() > (DAY_SHAPE[Math.floor((t % DAY) / 3600)] ?? 0));
  return t;
}
