import { createProcessSchedule } from "../../../../server/sampling/process-schedule.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import type { Policy, Request, Sample } from "../policy.ts";
import { createRandom } from "../random.ts";
import { levelAt, type TrueJob } from "./kinds.ts";
import { BASE_MIB, CLOSES_S, OPENS_S, type Scenario } from "./scenario.ts";

/**
 * How the users behave who are told of no marker:
 * - `turns`: they stand in one line, and the next looks when the one before shows in the process list
 * - `spaced`: the same where no process is listed: the next looks 15 s after the one before has started
 * - `each`: each looks by himself, every 20 s in the mean
 * - `herd`: all look at every sample, and nobody knows of the others
 */
export type Users = "turns" | "spaced" | "each" | "herd";

export interface RunningJob {
  job: TrueJob;
  gpus: readonly number[];
  pid: number;
  /** When its process takes its CUDA context. */
  bornS: number;
  level: number;
  corner: number;
  attempt: number;
}

export interface Outcome {
  finished: number;
  /** … before the doors closed that day. */
  finishedInHours: number;
  outOfMemory: number;
  /** Of those, with other programs having grown since the job began by what was missing. */
  byOthers: number;
  /** By profile id. */
  outOfMemoryOf: Map<string, number>;
  /** Jobs that ran out of memory twice and were given up. */
  lost: number;
  /** Other programs that got no room. */
  othersRefused: number;
  /** Mean wait of the jobs that were started, seconds. */
  waitS: number;
  /** When the last job ended. */
  endS: number;
}

interface Waiting {
  job: TrueJob;
  attempt: number;
  sinceS: number;
  looksAtS: number;
}

const DAY = 86_400;
/** How long nvidia-smi takes to list the processes: our guess at a machine with the persistence mode on. */
const LIST_MS = 60;
const LIST_MS_PER_GPU = 25;
const LOOK_EVERY_S = 20;
/** In the line nobody waits longer than this for somebody else's job to show. */
const TURN_LIMIT_S = 15;
/** From the answer to a process that waited for it until its first VRAM. */
const ANSWERED_S = 1;
const PYTHON = "/opt/conda/bin/python3.11";

/** Lets one policy run one machine's life, second by second. */
export function simulate(
  scenario: Scenario,
  makePolicy: (running: readonly RunningJob[]) => Policy,
  users: Users,
  seed: number,
): Outcome {
  const { machine, jobs, others } = scenario;
  const random = createRandom(seed);
  const running: RunningJob[] = [];
  const policy = makePolicy(running);
  const free = Array.from({ length: machine.gpus }, () => machine.totalMiB - BASE_MIB);
  const held = others.programs.map(() => 0);
  const otherOn = Array.from({ length: machine.gpus }, () => 0);
  const otherAtStart = new Map<number, number>();
  // When the product lists processes is the product's own rule; the list travels with the sample after.
  const schedule = createProcessSchedule(TIMINGS.processes);
  const listMs = LIST_MS + (machine.gpus - 1) * LIST_MS_PER_GPU;
  let listedAtMs: number | null = null;
  let lists: readonly (readonly GpuProcess[])[] = [];
  /** What everybody was shown last. */
  let shown: readonly (readonly GpuProcess[])[] = [];
  const outcome: Outcome = {
    finished: 0,
    finishedInHours: 0,
    outOfMemory: 0,
    byOthers: 0,
    outOfMemoryOf: new Map(),
    lost: 0,
    othersRefused: 0,
    waitS: 0,
    endS: 0,
  };
  let waiting: Waiting[] = [];
  /** Python starts, and will ask then: only where jobs ask from within their process. */
  let starting: Waiting[] = [];
  let nextJob = 0;
  let nextWish = 0;
  let nextPid = 1000;
  let turnOf: { pid: number; atS: number; gpu: number } | null = null;
  let started = 0;
  let head: { waiting: Waiting; sinceS: number } | null = null;
  let t = Math.max(0, (jobs[0]?.arrivesS ?? 0) - 60);

  const take = (gpus: readonly number[], mib: number): number | null => {
    for (const gpu of gpus) if ((free[gpu] ?? 0) < mib) return gpu;
    for (const gpu of gpus) free[gpu] = (free[gpu] ?? 0) - mib;
    return null;
  };
  const stop = (one: RunningJob, result: "done" | "out-of-memory") => {
    for (const gpu of one.gpus) free[gpu] = (free[gpu] ?? 0) + one.level;
    running.splice(running.indexOf(one), 1);
    policy.ended(one.job.id, result);
  };

  while (t < scenario.endS || running.length + waiting.length + starting.length > 0) {
    if (t > scenario.endS + 30 * DAY) break;
    // Nobody is there: on to the next who comes, or to an hour later, so that other programs are seen.
    if (running.length + waiting.length + starting.length === 0) {
      const next = jobs[nextJob]?.arrivesS;
      if (next === undefined) break;
      if (next > t + 60) t = Math.min(next - 60, t + 600);
    }
    t++;
    for (; (others.wishes[nextWish]?.atS ?? Number.POSITIVE_INFINITY) <= t; nextWish++) {
      const wish = others.wishes[nextWish];
      const gpu = wish === undefined ? undefined : others.programs[wish.program]?.gpu;
      if (wish === undefined || gpu === undefined) continue;
      const more = wish.mib - (held[wish.program] ?? 0);
      if (more > (free[gpu] ?? 0)) {
        outcome.othersRefused++;
        continue;
      }
      free[gpu] = (free[gpu] ?? 0) - more;
      otherOn[gpu] = (otherOn[gpu] ?? 0) + more;
      held[wish.program] = wish.mib;
    }
    // Who is first to allocate within the second is chance: begin anywhere.
    const offset = running.length === 0 ? 0 : Math.floor(random.next() * running.length);
    for (const one of running.map((_, i, all) => all[(i + offset) % all.length])) {
      if (one === undefined || t < one.bornS) continue;
      const age = t - one.bornS;
      if (age >= one.job.seconds) {
        stop(one, "done");
        outcome.finished++;
        if (t % DAY < CLOSES_S && t % DAY >= OPENS_S) outcome.finishedInHours++;
        outcome.endS = t;
        continue;
      }
      while ((one.job.ages[one.corner + 1] ?? Number.POSITIVE_INFINITY) <= age) one.corner++;
      const level = levelAt(one.job, age, one.corner);
      const more = level - one.level;
      const full = more === 0 ? null : take(one.gpus, more);
      if (full === null) {
        one.level = level;
        continue;
      }
      outcome.outOfMemory++;
      const { id } = one.job.profile;
      outcome.outOfMemoryOf.set(id, (outcome.outOfMemoryOf.get(id) ?? 0) + 1);
      if ((otherOn[full] ?? 0) - (otherAtStart.get(one.pid) ?? 0) >= more - (free[full] ?? 0))
        outcome.byOthers++;
      stop(one, "out-of-memory");
      if (one.attempt >= 2) outcome.lost++;
      else join(one.job, one.attempt + 1, t + 5);
    }
    for (; (jobs[nextJob]?.arrivesS ?? Number.POSITIVE_INFINITY) <= t; nextJob++) {
      const job = jobs[nextJob];
      if (job !== undefined) join(job, 1, t);
    }
    for (const one of starting) {
      if (one.looksAtS > t) continue;
      waiting.push(one);
      policy.asked?.({ id: one.job.id, profile: one.job.profile });
    }
    starting = starting.filter(({ looksAtS }) => looksAtS > t);

    policy.sample(sampleAt(t));
    if (waiting.length > 0) look();
  }
  outcome.waitS /= Math.max(1, started);
  return outcome;

  function join(job: TrueJob, attempt: number, atS: number): void {
    if (policy.asked === undefined) waiting.push({ job, attempt, sinceS: t, looksAtS: atS });
    else starting.push({ job, attempt, sinceS: t, looksAtS: atS + job.lagS });
  }

  function sampleAt(tS: number): Sample {
    const busy = new Set<number>();
    for (const one of running) {
      const age = tS - one.bornS;
      if (one.corner > 0 && age < one.job.seconds) for (const gpu of one.gpus) busy.add(gpu);
    }
    const gpus = free.map((freeMiB, index) => ({
      index,
      memoryTotalMiB: machine.totalMiB,
      memoryUsedMiB: machine.totalMiB - freeMiB,
      memoryFreeMiB: freeMiB,
      utilizationGpuPct: busy.has(index) ? 98 : 3,
      processes: lists[index] ?? null,
      processesAtMs: listedAtMs,
    }));
    shown = lists;
    const used = gpus.map(({ index, memoryUsedMiB }) => ({ uuid: String(index), memoryUsedMiB }));
    const nowMs = tS * 1000;
    if (schedule.isDue(used, nowMs, running.length + waiting.length > 0)) {
      schedule.began(used, nowMs);
      schedule.ended(nowMs + listMs, null);
      lists = free.map((_, index) => processesOn(index, tS));
      listedAtMs = nowMs + 1000;
    }
    return { tS, gpus };
  }

  function processesOn(gpu: number, tS: number): GpuProcess[] {
    const processes: GpuProcess[] = [];
    others.programs.forEach((program, i) => {
      const usedMiB = held[i] ?? 0;
      if (program.gpu === gpu && usedMiB > 0) processes.push({ pid: 10 + i, name: program.name, usedMiB });
    });
    for (const one of running) {
      if (one.gpus.includes(gpu) && tS >= one.bornS)
        processes.push({ pid: one.pid, name: PYTHON, usedMiB: one.level });
    }
    return processes;
  }

  function look(): void {
    const herd = policy.marked || users === "herd";
    if (!herd && turnOf !== null) {
      const { pid, atS, gpu } = turnOf;
      const shows = users === "turns" && shown[gpu]?.some((process) => process.pid === pid);
      if (t - atS < TURN_LIMIT_S && shows !== true) return;
      turnOf = null;
    }
    const refused = new Set<string>();
    const gone = new Set<Waiting>();
    const [first] = waiting;
    if (first !== undefined && first !== head?.waiting) head = { waiting: first, sinceS: t };
    for (const one of waiting) {
      const { job } = one;
      if (one.looksAtS > t) continue;
      if (!herd && users === "each") one.looksAtS = t + Math.ceil(random.wait(LOOK_EVERY_S));
      // Only who stands first grows impatient: the others' turn has not come.
      const passable = policy.patienceS > 0 && (one !== head?.waiting || t - head.sinceS <= policy.patienceS);
      if (refused.has(job.profile.id)) {
        if (!passable) break;
        continue;
      }
      const request: Request = { id: job.id, profile: job.profile };
      const gpus = policy.place(request);
      if (gpus === null) {
        if (!passable) break;
        // The oracle knows each job by itself; the others know only its profile.
        if (policy.name !== "oracle" && policy.asked === undefined) refused.add(job.profile.id);
        continue;
      }
      const pid = nextPid++;
      const bornS = t + (policy.asked === undefined ? job.lagS : ANSWERED_S);
      running.push({ job, gpus, pid, bornS, level: 0, corner: 0, attempt: one.attempt });
      otherAtStart.set(pid, otherOn[gpus[0] ?? 0] ?? 0);
      outcome.waitS += t - one.sinceS;
      started++;
      gone.add(one);
      policy.started(request, gpus, pid);
      if (!herd && users !== "each") {
        turnOf = { pid, atS: t, gpu: gpus[0] ?? 0 };
        break;
      }
    }
    if (gone.size > 0) waiting = waiting.filter((one) => !gone.has(one));
  }
}
