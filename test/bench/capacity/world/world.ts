import type { BackendWord, JobClass, ListedProcess } from "../../../../server/capacity/model.ts";
import type { Contender, Sample, View, Wanted } from "../contender.ts";
import { createRandom, type Random } from "../random.ts";
import { CONTEXT_MIB, type Curve, drawCurve, type Kind, kindOf, WEIGHTS } from "./kinds.ts";
import type { Machine, UserSpec, VisitorSpec } from "./machines.ts";

export const DRIVER_MIB = 300;
/** The desktop's, and what nobody lists. */
const XORG_MIB = 120;
const UNLISTED_MIB = 80;
const TTL_BEAT_S = 5;

/** A process and what it holds on each of its GPUs. */
export interface Program {
  pid: number;
  name: string;
  backend: string | null;
  tells: boolean | "polled";
  stays: boolean;
  gpus: readonly number[];
  levelMiB: number;
  /** As a sample sees it. */
  shownMiB: number;
  /** What it keeps between jobs, and for which kind. */
  keepsMiB: number;
  loaded: string | null;
  jobs: Job[];
  /** It has ended and gives back its memory then. */
  leavesS: number | null;
  /** Its last job ran out of memory on a figure that was too low. */
  failed: "first" | "measured" | null;
  visitor: Visitor | null;
}

export interface Job {
  id: string;
  user: User;
  kind: Kind;
  curve: Curve;
  program: Program;
  askedS: number;
  startS: number;
  age: number;
  /** The most that its process held during its life, as an allocator tells. */
  highMiB: number;
  /** It dies at this age without a word. */
  diesAge: number;
  attempt: number;
  /** What visitors held on its GPUs when it was let in. */
  visitorsMiB: number;
}

interface Visitor {
  spec: VisitorSpec;
  gpu: number;
  untilS: number;
  targetMiB: number;
}

interface User {
  name: string;
  spec: UserSpec;
  random: Random;
  /** The resident; `null`: a process for each job. */
  resident: Program | null;
  /** When each of its places is free to want the next job. */
  next: number[];
  count: number;
  waitS: number;
}

interface Waiting {
  wanted: Wanted;
  user: User;
  kind: Kind;
  curve: Curve;
  askedS: number;
  looksS: number;
  place: number;
  pid: number;
  diesShare: number;
  attempt: number;
}

export interface Outcome {
  finished: number;
  /** Peak × GPUs × seconds of finished jobs, GiB·h. */
  vramTime: number;
  starts: number;
  outOfMemory: { bookkeeping: number; measured: number; first: number; visitor: number };
  /** Out-of-memory with a first figure, by kind. */
  firstFailures: ReadonlyMap<string, number>;
  /** Longest waits as seconds and as a share of the mean duration of jobs. */
  waitS: number;
  longestWait: number;
  /** Mean wait of each person, seconds. */
  waitOf: readonly number[];
  longestWaitS: number;
  meanDurationS: number;
}

export interface Settings {
  seed: number;
  /** Deviation of the peaks of a kind. */
  noise: number;
  /** Published figures are wrong by exactly ± this share; 0: within 5 %. */
  wrong: number;
  minutes?: number;
}

/** What a watcher of the truth may look at each second: never given to a contender. */
export interface Truth {
  nowS: number;
  programs: readonly Program[];
  machine: Machine;
  visitorsOn(gpu: number): number;
  /** An idle resident gives back all but its context. */
  release(pid: number): void;
}

/** Runs one machine's time second by second under one contender. */
export function simulate(
  machine: Machine,
  settings: Settings,
  make: (truth: Truth, classes: readonly JobClass[], peakOf: (id: string) => number) => Contender,
  watch?: (truth: Truth) => void,
): Outcome {
  const random = createRandom(settings.seed * 7919 + 13);
  const capMiB = machine.totalMiB - DRIVER_MIB;
  const programs: Program[] = [];
  const jobs: Job[] = [];
  const free = Array.from({ length: machine.gpus }, () => capMiB - UNLISTED_MIB);
  const visitorsMiB = Array.from({ length: machine.gpus }, () => 0);
  const endS = (settings.minutes ?? machine.minutes) * 60;
  let waiting: Waiting[] = [];
  let nextPid = 1000;
  let t = 0;
  const truth: Truth = {
    get nowS() {
      return t;
    },
    programs,
    machine,
    visitorsOn: (gpu) => visitorsMiB[gpu] ?? 0,
    release: (pid) => {
      const program = programs.find((one) => one.pid === pid && one.jobs.length === 0);
      if (program === undefined) return;
      take(program, Math.min(program.levelMiB, CONTEXT_MIB));
      program.shownMiB = program.levelMiB;
      program.keepsMiB = program.levelMiB;
      program.loaded = null;
    },
  };
  const kinds = new Map<string, { kind: Kind; peakMiB: number; jobClass: JobClass }>();
  for (const id of new Set(machine.users.flatMap((one) => one.kinds))) {
    const kind = kindOf(id);
    const draw = random.fork(1000 + id.length * 31 + id.charCodeAt(0) * 7 + id.charCodeAt(id.length - 1));
    const peakMiB = kind.peakMiB * (1 + 0.05 * (2 * draw.next() - 1));
    const off =
      settings.wrong > 0
        ? draw.next() < 0.5
          ? 1 - settings.wrong
          : 1 + settings.wrong
        : draw.between(0.95, 1.05);
    const most = machine.totalMiB - DRIVER_MIB - 1000;
    const publishedMiB = Math.round(Math.min(most, peakMiB * off));
    const seconds = draw.next() < 0.5 ? null : kind.seconds;
    const jobClass: JobClass = {
      key: id,
      family: kind.size === undefined ? null : "sized",
      size: kind.size ?? null,
      publishedMiB: kind.size === undefined ? publishedMiB : null,
      configuredMiB: null,
      seconds,
    };
    kinds.set(id, { kind, peakMiB, jobClass });
  }
  const users = machine.users.map((spec, i): User => {
    const own = random.fork(i + 1);
    return {
      name: `user ${i}`,
      spec,
      random: own,
      resident: null,
      next: Array.from({ length: spec.batch ?? 1 }, () => 3 + Math.floor(own.next() * 40)),
      count: 0,
      waitS: 0,
    };
  });
  const fresh = (name: string, more: Partial<Program>): Program => ({
    pid: nextPid++,
    name,
    backend: null,
    tells: false,
    stays: false,
    gpus: [],
    levelMiB: 0,
    shownMiB: 0,
    keepsMiB: 0,
    loaded: null,
    jobs: [],
    leavesS: null,
    failed: null,
    visitor: null,
    ...more,
  });
  let server: Program | null = null;
  for (const user of users) {
    const { program, tells = false } = user.spec;
    const backend = tells !== false ? `backend ${user.name}` : null;
    if (program === "webui") user.resident = fresh("python3", { stays: true, tells, backend });
    if (program === "server") server ??= fresh("python3 server", { stays: true, tells, backend });
    if (program === "server") user.resident = server;
    if (user.resident !== null && !programs.includes(user.resident)) programs.push(user.resident);
  }
  for (let gpu = 0; machine.desktop === true && gpu < machine.gpus; gpu++) {
    programs.push(fresh("Xorg", { stays: true, gpus: [gpu], levelMiB: XORG_MIB, shownMiB: XORG_MIB }));
    free[gpu] = (free[gpu] ?? 0) - XORG_MIB;
  }
  const byId = new Map<string, Job | Waiting>();
  const classes = [...kinds.values()].map(({ jobClass }) => jobClass);
  const contender = make(truth, classes, (id) => byId.get(id)?.curve.peakMiB ?? Number.POSITIVE_INFINITY);
  const visitorRandom = random.fork(500);
  const visits = (machine.visitors ?? []).map((spec) => ({ spec, atS: visitorRandom.wait(spec.everyS) }));
  const noiseRandom = random.fork(501);
  const outOfMemory = { bookkeeping: 0, measured: 0, first: 0, visitor: 0 };
  const firstFailures = new Map<string, number>();
  const lastFirst = new Map<string, number>();
  let [finished, vramTime, starts, waitS, longestWait, longestWaitS, durationS, durations] = [
    0, 0, 0, 0, 0, 0, 0, 0,
  ];

  const take = (program: Program, mib: number) => {
    for (const gpu of program.gpus) free[gpu] = (free[gpu] ?? 0) - (mib - program.levelMiB);
    program.levelMiB = mib;
  };
  const leave = (program: Program) => {
    take(program, 0);
    const at = programs.indexOf(program);
    if (at >= 0) programs.splice(at, 1);
  };

  function moveVisitors(): void {
    for (const visit of visits) {
      if (t < visit.atS) continue;
      visit.atS = t + visit.spec.staysS + visitorRandom.wait(visit.spec.everyS);
      const gpu = Math.floor(visitorRandom.next() * machine.gpus);
      const targetMiB = visit.spec.mib * visitorRandom.between(0.7, 1.2);
      const untilS = t + visit.spec.staysS * visitorRandom.between(0.6, 1.5);
      programs.push(fresh("ollama", { gpus: [gpu], visitor: { spec: visit.spec, gpu, untilS, targetMiB } }));
    }
    for (const program of [...programs]) {
      const { visitor } = program;
      if (visitor === null) continue;
      if (t >= visitor.untilS) {
        visitorsMiB[visitor.gpu] = (visitorsMiB[visitor.gpu] ?? 0) - program.levelMiB;
        leave(program);
        continue;
      }
      const wantedMiB = Math.min(visitor.targetMiB, program.levelMiB + visitor.targetMiB / 6);
      const more = wantedMiB - program.levelMiB;
      // What gets no room goes to the host's memory instead.
      if (more <= 0 || (free[visitor.gpu] ?? 0) < more) continue;
      visitorsMiB[visitor.gpu] = (visitorsMiB[visitor.gpu] ?? 0) + more;
      take(program, wantedMiB);
      program.shownMiB = wantedMiB;
    }
  }

  /** What a program holds with its jobs as they are: weights are shared by the jobs of one process. */
  function levelOf(program: Program, which: "levels" | "highs", of?: Job): number {
    let [own, shared] = [0, 0];
    for (const job of program.jobs) {
      const level = (job === of ? job.curve.highs : job.curve[which])[job.age] ?? 0;
      const weights = Math.min(level, job.curve.peakMiB * WEIGHTS);
      shared = Math.max(shared, weights);
      own += level - weights;
    }
    const level = shared + own;
    return program.loaded === null ? level : Math.max(level, program.keepsMiB * 0.97);
  }

  function advance(): void {
    const from = Math.floor(noiseRandom.next() * Math.max(1, jobs.length));
    for (const job of [...jobs.slice(from), ...jobs.slice(0, from)]) {
      if (!jobs.includes(job) || t < job.startS) continue;
      const { program, curve } = job;
      if (job.age < 0) {
        // Another model is in there: its weights leave first.
        if (program.loaded !== null && program.loaded !== job.kind.id && program.jobs.length === 1) {
          program.loaded = null;
          program.keepsMiB = 0;
        }
        job.age = program.loaded === job.kind.id ? curve.loadS : 0;
      } else job.age++;
      if (job.age >= curve.levels.length) {
        done(job);
        continue;
      }
      if (job.age >= job.diesAge) {
        dies(job);
        continue;
      }
      const high = levelOf(program, "levels", job);
      const level = levelOf(program, "levels");
      const least = Math.min(...program.gpus.map((gpu) => free[gpu] ?? 0));
      const missing = high - program.levelMiB - least;
      if (missing > 0) fails(job, missing);
      else {
        take(program, level);
        for (const one of program.jobs) one.highMiB = Math.max(one.highMiB, high);
        program.shownMiB = high > level && noiseRandom.next() < 0.3 ? high : level;
      }
      if (t % TTL_BEAT_S === job.startS % TTL_BEAT_S && contender.isTold) contender.beat(job.id, t * 1000);
    }
  }

  function stop(job: Job): void {
    jobs.splice(jobs.indexOf(job), 1);
    job.program.jobs.splice(job.program.jobs.indexOf(job), 1);
    byId.delete(job.id);
    const { program } = job;
    if (!program.stays) program.leavesS = t + 1 + Math.floor(noiseRandom.next() * 2);
    else if (program.jobs.length === 0) {
      take(program, program.loaded === null ? Math.min(program.levelMiB, CONTEXT_MIB) : program.keepsMiB);
      program.shownMiB = program.levelMiB;
    }
    // A failed kernel's memory is free at once.
    const pause = job.user.random.wait(job.user.spec.thinkS);
    job.user.next.push(t + 2 + (job.user.spec.leastPauseS ?? 0) + Math.round(pause));
  }

  function done(job: Job): void {
    const { program, kind, curve, user } = job;
    if (program.stays) {
      program.loaded = kind.id;
      program.keepsMiB = Math.max(
        program.keepsMiB,
        Math.round(curve.peakMiB * (0.78 + 0.08 * user.random.next())),
      );
      if (program.keepsMiB > program.levelMiB) program.keepsMiB = program.levelMiB;
    }
    finished++;
    const took = t - job.startS;
    vramTime += (curve.peakMiB * kind.gpus * took) / 1024 / 3600;
    durationS += took;
    durations++;
    stop(job);
    const reportedMiB = user.spec.reports === true ? Math.round(job.highMiB) : null;
    if (contender.isTold) contender.ended(job.id, { outcome: "done", reportedMiB }, t * 1000);
  }

  function dies(job: Job): void {
    if (job.program.stays) {
      job.program.loaded = null;
      job.program.keepsMiB = CONTEXT_MIB;
    }
    stop(job);
  }

  function fails(job: Job, missing: number): void {
    const { program } = job;
    const here = jobs.filter((one) => one.program.gpus.some((gpu) => program.gpus.includes(gpu)));
    let [tooMuch, isFirst] = [0, false];
    for (const one of here) {
      const figure = contender.figureOf(one.id);
      if (figure === null) continue;
      const holds =
        one === job ? levelOf(program, "levels", job) : one.program === program ? 0 : one.program.levelMiB;
      const over = Math.max(0, holds - figure.mib);
      tooMuch += over;
      if (over > 0 && !figure.isMeasured) isFirst = true;
    }
    // What failed a moment ago on too low a figure has not left yet.
    for (const one of programs) {
      if (one.failed === null || !one.gpus.some((gpu) => program.gpus.includes(gpu))) continue;
      tooMuch += one.levelMiB;
      if (one.failed === "first") isFirst = true;
    }
    const visitors = Math.max(...program.gpus.map((gpu) => truth.visitorsOn(gpu)));
    const failed =
      visitors - job.visitorsMiB >= missing
        ? "visitor"
        : tooMuch < missing
          ? "bookkeeping"
          : isFirst
            ? "first"
            : "measured";
    outOfMemory[failed]++;
    if (failed === "first" || failed === "measured") program.failed = failed;
    if (failed === "first") noteFirst(job);
    if (program.stays && program.jobs.length === 1) {
      program.loaded = null;
      program.keepsMiB = CONTEXT_MIB;
    }
    stop(job);
    if (contender.isTold) contender.ended(job.id, { outcome: "out-of-memory", reportedMiB: null }, t * 1000);
    job.user.next.pop();
    if (job.attempt < 3) wants(job.user, job.kind, job.curve, job.attempt + 1, t + 5);
    else job.user.next.push(t + 5);
  }

  /** Jobs that were let in before a failure of their kind was known are the same mistake. */
  function noteFirst({ kind, startS }: Job): void {
    const last = lastFirst.get(kind.id);
    lastFirst.set(kind.id, t);
    if (last === undefined || startS > last)
      firstFailures.set(kind.id, (firstFailures.get(kind.id) ?? 0) + 1);
  }

  function wants(user: User, kind: Kind, curve: Curve, attempt: number, atS: number): void {
    const known = kinds.get(kind.id);
    if (known === undefined) return;
    const { spec, resident } = user;
    const id = `${user.name} ${user.count++}`;
    const pid = resident?.pid ?? nextPid++;
    const wanted: Wanted = {
      id,
      // Who looks asks from as many windows as he has jobs at once.
      asker: contender.looks && (spec.batch ?? 1) > 1 ? id : user.name,
      jobClass: known.jobClass,
      gpuCount: kind.gpus,
      on: resident?.gpus ?? [],
      pid: resident !== null || (contender.isTold && spec.hidesPid !== true) ? pid : null,
      backend: null,
    };
    const diesShare = user.random.next() < (spec.dies ?? 0.02) ? user.random.next() : 2;
    const one = {
      wanted,
      user,
      kind,
      curve,
      askedS: Math.max(t, atS),
      looksS: Math.max(t, atS),
      place: 0,
      pid,
      diesShare,
      attempt,
    };
    waiting.push(one);
    byId.set(id, one);
    contender.asked(wanted, t * 1000);
  }

  function newJobs(): void {
    for (const user of users) {
      const due = user.next.filter((at) => at <= t);
      if (due.length === 0) continue;
      user.next = user.next.filter((at) => at > t);
      for (const _ of due) {
        const id = user.spec.kinds[Math.floor(user.random.next() * user.spec.kinds.length)] ?? "";
        const known = kinds.get(id);
        if (known === undefined) continue;
        wants(user, known.kind, drawCurve(user.random, known.kind, known.peakMiB, settings.noise), 1, t);
      }
    }
  }

  function startJobs(view: View): void {
    const left: Waiting[] = [];
    for (const one of waiting) {
      const { user, wanted, kind, curve } = one;
      const busy =
        user.resident !== null && user.resident.jobs.length >= (user.spec.program === "server" ? 2 : 1);
      if ((contender.looks && t < one.looksS) || busy) {
        left.push(one);
        continue;
      }
      const gpus = contender.place({ ...wanted, on: user.resident?.gpus ?? [] }, view);
      if (gpus === null) {
        one.looksS = t + 2 + Math.round(user.random.wait(6));
        left.push(one);
        continue;
      }
      starts++;
      const waited = t - one.askedS;
      waitS += waited;
      user.waitS += waited;
      longestWaitS = Math.max(longestWaitS, waited);
      if (durations >= 5) longestWait = Math.max(longestWait, waited / (durationS / durations));
      let program = user.resident;
      if (program === null) {
        program = fresh("python3.11", { pid: one.pid, gpus });
        programs.push(program);
      } else if (program.gpus.length === 0) program.gpus = gpus;
      const lag = contender.looks && user.resident === null ? 2 + Math.floor(user.random.next() * 4) : 1;
      const job: Job = {
        id: wanted.id,
        user,
        kind,
        curve,
        program,
        askedS: one.askedS,
        startS: t + lag,
        age: -1,
        highMiB: 0,
        diesAge:
          one.diesShare > 1 ? Number.POSITIVE_INFINITY : Math.floor(one.diesShare * curve.levels.length),
        attempt: one.attempt,
        visitorsMiB: Math.min(...gpus.map((gpu) => truth.visitorsOn(gpu))),
      };
      program.failed = null;
      jobs.push(job);
      program.jobs.push(job);
      byId.set(job.id, job);
    }
    waiting = left;
  }

  /** Utilization of each GPU, as one sample reads it. */
  function utilization(gpu: number): number {
    let most = 0;
    for (const program of programs) {
      if (!program.gpus.includes(gpu)) continue;
      const computes = program.jobs.some((job) => job.age >= job.curve.loadS);
      if (computes)
        most = Math.max(
          most,
          noiseRandom.next() < 0.06 ? 30 * noiseRandom.next() : 85 + 14 * noiseRandom.next(),
        );
      else if (program.jobs.some((job) => job.age >= 0)) most = Math.max(most, 12 * noiseRandom.next());
      if (program.visitor !== null && Math.floor(t / 10) % 3 === 0) most = Math.max(most, 70);
    }
    const blip =
      machine.desktop === true && noiseRandom.next() < 0.03
        ? 12 + 20 * noiseRandom.next()
        : 3 * noiseRandom.next();
    return Math.round(Math.max(most, blip));
  }

  const words = new Map<string, BackendWord>();
  function listOf(gpu: number): ListedProcess[] {
    return programs
      .filter((one) => one.gpus.includes(gpu) && one.levelMiB > 0)
      .map(({ pid, name, shownMiB, backend }) => ({ pid, name, usedMiB: Math.round(shownMiB), backend }));
  }

  for (t = 1; t <= endS; t++) {
    for (const program of [...programs]) if (program.leavesS !== null && program.leavesS <= t) leave(program);
    moveVisitors();
    advance();
    newJobs();
    for (const program of programs) {
      const { backend, tells, pid } = program;
      if (backend === null || (tells === "polled" && t % 2 !== 0)) continue;
      words.set(backend, { backend, pid, busy: program.jobs.some(({ age }) => age >= 0), atMs: t * 1000 });
    }
    const shown = free.map((_, gpu) =>
      programs.reduce((sum, one) => sum + (one.gpus.includes(gpu) ? one.shownMiB : 0), UNLISTED_MIB),
    );
    const samples = shown.map(
      (mib, index): Sample => ({
        index,
        totalMiB: machine.totalMiB,
        driverMiB: DRIVER_MIB,
        usedMiB: Math.round(mib + 3 * noiseRandom.next()),
        utilizationPct: utilization(index),
      }),
    );
    let lists: ListedProcess[][] | null | undefined;
    const view: View = {
      nowMs: t * 1000,
      gpus: samples,
      words: [...words.values()],
      list: () => {
        if (lists === undefined)
          lists = noiseRandom.next() < 0.01 ? null : samples.map(({ index }) => listOf(index));
        return lists;
      },
      isAlive: (pid) => programs.some((one) => one.pid === pid),
    };
    contender.second(view);
    startJobs(view);
    watch?.(truth);
  }
  // Who waits at the end has waited.
  for (const { askedS, user } of waiting) {
    user.waitS += t - askedS;
    longestWaitS = Math.max(longestWaitS, t - askedS);
    if (durations >= 5) longestWait = Math.max(longestWait, (t - askedS) / (durationS / durations));
  }
  return {
    finished,
    vramTime,
    starts,
    outOfMemory,
    firstFailures,
    waitS: waitS / Math.max(1, starts),
    longestWait,
    waitOf: users.map((one) => one.waitS / Math.max(1, one.count)),
    longestWaitS,
    meanDurationS: durationS / Math.max(1, durations),
  };
}
