import type { Policy } from "../policy.ts";
import { levelAt, type TrueJob } from "./kinds.ts";
import { BASE_MIB, type Scenario } from "./scenario.ts";
import type { RunningJob } from "./world.ts";

/**
 * Knows every curve and every other program's future, and starts a job as soon as nothing will ever run out of
 * memory by it, on the GPUs where the least is left. It takes users in the order of the line and lets small jobs pass
 * large ones; it does not plan ahead which job to prefer, so it is a very good scheduler and not the best possible.
 */
export function createOracle(scenario: Scenario, running: readonly RunningJob[]): Policy {
  const { machine } = scenario;
  const byId = new Map(scenario.jobs.map((job) => [job.id, job]));
  const timelines = Array.from({ length: machine.gpus }, (_, gpu) => timelineOf(scenario, gpu));
  let now = 0;
  let changes = 0;
  const refusedAt = new Map<number, { changes: number; atS: number }>();
  return {
    name: "oracle",
    patienceS: Number.POSITIVE_INFINITY,
    marked: true,
    sample: ({ tS }) => {
      now = tS;
    },
    place: ({ id, profile }) => {
      const job = byId.get(id);
      if (job === undefined) return null;
      const refused = refusedAt.get(id);
      if (refused !== undefined && refused.changes === changes && now - refused.atS < 4) return null;
      const free = (gpu: number) =>
        machine.totalMiB - running.reduce((sum, one) => sum + (one.gpus.includes(gpu) ? one.level : 0), 0);
      const fits = timelines
        .map((timeline, gpu) => ({ gpu, timeline }))
        .filter(({ gpu, timeline }) => neverFull(machine.totalMiB, job, gpu, now, running, timeline))
        .sort((a, b) => free(a.gpu) - free(b.gpu))
        .map(({ gpu }) => gpu);
      if (fits.length >= profile.gpus) return fits.slice(0, profile.gpus);
      refusedAt.set(id, { changes, atS: now });
      return null;
    },
    started: () => {
      changes++;
    },
    ended: (id) => {
      changes++;
      refusedAt.delete(id);
    },
  };
}

interface Timeline {
  atS: number[];
  mib: number[];
}

/** What other programs will hold on one GPU, step by step. */
function timelineOf({ others }: Scenario, gpu: number): Timeline {
  const held = new Map<number, number>();
  const timeline: Timeline = { atS: [0], mib: [0] };
  let sum = 0;
  for (const { atS, program, mib } of others.wishes) {
    if (others.programs[program]?.gpu !== gpu) continue;
    sum += mib - (held.get(program) ?? 0);
    held.set(program, mib);
    timeline.atS.push(atS);
    timeline.mib.push(sum);
  }
  return timeline;
}

/** The sum of straight lines and steps is highest at a corner of one of them. */
function neverFull(
  totalMiB: number,
  job: TrueJob,
  gpu: number,
  now: number,
  running: readonly RunningJob[],
  { atS, mib }: Timeline,
): boolean {
  const born = now + job.lagS;
  const end = born + job.seconds;
  const here = running.filter((one) => one.gpus.includes(gpu));
  let from = lastUpTo(atS, born);
  const othersAt = (t: number) => mib[lastUpTo(atS, t)] ?? 0;
  // Within a second one job may grow before another shrinks: each counts with the larger of this second and the last.
  const highest = (one: TrueJob, age: number) =>
    age < 0 || age > one.seconds
      ? 0
      : Math.max(age === one.seconds ? 0 : levelAt(one, age), age === 0 ? 0 : levelAt(one, age - 1));
  const tooMuch = (t: number) => {
    let sum = BASE_MIB + Math.max(othersAt(t), othersAt(t - 1)) + highest(job, t - born);
    for (const one of here) sum += highest(one.job, t - one.bornS);
    return sum > totalMiB;
  };
  // That sum is made of straight lines between the corners and the seconds after them.
  for (const age of job.ages) if (tooMuch(born + age) || tooMuch(born + age + 1)) return false;
  for (const one of here) {
    for (const age of one.job.ages) {
      const t = one.bornS + age;
      if (t >= born && t < end && (tooMuch(t) || tooMuch(t + 1))) return false;
    }
  }
  for (from++; (atS[from] ?? Number.POSITIVE_INFINITY) < end; from++)
    if (tooMuch(atS[from] ?? 0)) return false;
  return true;
}

function lastUpTo(sorted: readonly number[], t: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= t) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Knows the peak of every job to the MiB and keeps no reserve, but holds the peak for the whole job as the formula
 * `free − promised` does: what that formula could reach at best.
 */
export function createPeakOracle(scenario: Scenario, running: readonly RunningJob[]): Policy {
  const { machine } = scenario;
  const byId = new Map(scenario.jobs.map((job) => [job.id, Math.max(...job.levels)]));
  const most = timelinesMost(scenario);
  return {
    name: "oracle",
    patienceS: Number.POSITIVE_INFINITY,
    marked: true,
    sample: () => {},
    place: ({ id, profile }) => {
      const peak = byId.get(id) ?? Number.POSITIVE_INFINITY;
      const fits = most
        .map((company, gpu) => {
          let left = machine.totalMiB - BASE_MIB - company;
          for (const one of running) if (one.gpus.includes(gpu)) left -= byId.get(one.job.id) ?? 0;
          return { gpu, left };
        })
        .filter(({ left }) => left >= peak)
        .sort((a, b) => a.left - b.left);
      return fits.length < profile.gpus ? null : fits.slice(0, profile.gpus).map(({ gpu }) => gpu);
    },
    started: () => {},
    ended: () => {},
  };
}

/** The most that other programs ever hold on each GPU. */
function timelinesMost(scenario: Scenario): number[] {
  return Array.from({ length: scenario.machine.gpus }, (_, gpu) =>
    Math.max(...timelineOf(scenario, gpu).mib),
  );
}
