import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import { steadyMs } from "../lib/clock.ts";
import type { Timings } from "../timings.ts";
import type { Tick } from "./assemble-tick.ts";
import { applyProcesses, applyTick, forgetReadings, type KnownGpu } from "./gpu-list.ts";
import { createProcessSchedule } from "./process-schedule.ts";
import type { ProcessesByGpu, SampleSource, SourceEvent } from "./source.ts";

export interface SamplerOptions {
  /** Milliseconds between samples while somebody watches. */
  intervalMs: number;
  /** GPUs to show, by index or UUID; `null` for all. */
  gpus: readonly string[] | null;
  demoReason: SourceState["demoReason"];
  /** Samples at the rate asked for though nobody watches: they are written to a log. */
  keepsRate?: boolean;
  /** Finds out whose the processes are; `backendOf` is asked after it. */
  findOwners?: (pids: readonly number[]) => Promise<void>;
  backendOf?: (pid: number) => string | undefined;
  timings: Pick<Timings, "sampling" | "processes">;
}

/** What the sampler tells, and to whom. */
export interface SamplerCourse {
  sample(sample: Sample): void;
  source(source: SourceState): void;
  /** A recording has gone to another moment; `latest()` is of it, and what was sampled before is no past of it. */
  jump(): void;
}

const NOBODY: SamplerCourse = { sample() {}, source() {}, jump() {} };

/** Turns what a source says into numbered samples and a status, and decides how often to look. */
export interface Sampler {
  /** Newest sample; `seq` is 0 before the first. */
  latest(): Sample;
  source(): SourceState;
  /** Milliseconds since the sidecar's epoch, the clock of `tMs`. */
  nowMs(): number;
  /** Begins to sample. Everything that a sample sets off is one function, so that its order can be read. */
  start(course: SamplerCourse): void;
  /** Full rate while somebody watches, seldom otherwise. */
  setWatched(watched: boolean): void;
  /** Keeps the rate at one sample a second or faster, watched or not, until the returned function is called. */
  holdFast(): () => void;
  /** Has the processes listed every 10 s, watched or not, until the returned function is called. */
  holdProcesses(): () => void;
  /** Was there an answer to the question for processes, even that there is none? */
  processesAsked(): boolean;
  /** Figures so far that no GPU can have, taken for unknown. */
  implausible(): number;
  /** Asks for the processes now and waits for the answer. One query at a time; a second caller joins. */
  refreshProcesses(): Promise<void>;
  /** Something beside the sampling that viewers should know of; shown while samples come and nothing worse is wrong. */
  warn(problem: Problem | null): void;
  close(): Promise<void>;
}

export function createSampler(source: SampleSource, options: SamplerOptions): Sampler {
  const startedAt = steadyMs();
  let course = NOBODY;
  const { idleIntervalMs, fastIntervalMs, lingerMs } = options.timings.sampling;
  const idleMs = options.keepsRate ? options.intervalMs : Math.max(idleIntervalMs, options.intervalMs);
  let aside: Problem | null = null;
  let ownProblem: Problem | null = null;
  let known: KnownGpu[] = [];
  let latest: Sample = { seq: 0, tMs: 0, gpus: [] };
  let state: SourceState = {
    kind: source.kind,
    status: "starting",
    demoReason: options.demoReason,
    problem: null,
    intervalMs: idleMs,
    driverVersion: null,
  };
  let watched = false;
  let holds = 0;
  let lingering = false;
  let closed = false;
  let lingerTimer: NodeJS.Timeout | undefined;
  const schedule = createProcessSchedule(options.timings.processes);
  let processHolds = 0;
  let processesAsked = false;
  let implausible = 0;
  let processQuery: Promise<void> | undefined;

  const nowMs = () => source.nowMs?.() ?? steadyMs() - startedAt;
  const shown = (gpu: Pick<Gpu, "index" | "uuid">) =>
    options.gpus === null || options.gpus.includes(String(gpu.index)) || options.gpus.includes(gpu.uuid);

  function publish(next: KnownGpu[]) {
    known = next;
    latest = { seq: latest.seq + 1, tMs: nowMs(), gpus: known.map(({ gpu }) => gpu) };
    course.sample(latest);
  }

  function setSource(patch: Partial<SourceState>) {
    const next = { ...state, ...patch };
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    course.source(state);
  }

  function onEvent(event: SourceEvent) {
    if (closed) return;
    if (event.type === "replay") return setReplay();
    if (event.type === "jump") {
      known = applyTick([], event.tick.filter(shown));
      latest = { seq: latest.seq + 1, tMs: event.tMs, gpus: known.map(({ gpu }) => gpu) };
      course.jump();
      return;
    }
    if (event.type === "waiting") {
      if (state.status === "starting") setSource({ problem: event.problem });
      return;
    }
    if (event.type === "problem") {
      const forget = event.status === "failed" && known.some(({ gpu }) => hasReading(gpu));
      if (forget) publish(forgetReadings(known));
      setSource({ status: event.status, problem: event.problem });
      return;
    }
    implausible += event.tick.reduce((sum, row) => sum + (row.implausible ?? 0), 0);
    const tick = event.tick.filter(shown);
    const next = applyTick(known, tick);
    const driverVersion = tick[0]?.driverVersion ?? state.driverVersion;
    publish(next);
    ownProblem = event.warning ?? troubleOf(next) ?? missingProblem(event.tick);
    if (state.status !== "live") setReplay();
    setSource({ status: "live", problem: ownProblem ?? aside, driverVersion });
    askIfDue();
  }

  /** GPUs that were asked for and that this machine has never told of. */
  function missingProblem(tick: Tick): Problem | null {
    const there = [...tick, ...known.map(({ gpu }) => gpu)];
    const missing = (options.gpus ?? []).filter((name) =>
      there.every(({ index, uuid }) => name !== String(index) && name !== uuid),
    );
    if (missing.length === 0) return null;
    const indexes = tick.map(({ index }) => index).join(", ");
    return problem("gpus-not-there", { missing: missing.join(", "), there: indexes });
  }

  function setReplay() {
    const replay = source.replay?.() ?? null;
    if (replay !== null) setSource({ replay, intervalMs: source.ownIntervalMs?.() ?? state.intervalMs });
  }

  function askIfDue() {
    if (closed || processQuery !== undefined || state.status !== "live") return;
    if (schedule.isDue(latest.gpus, nowMs(), watched || processHolds > 0)) void refreshProcesses();
  }

  function refreshProcesses(): Promise<void> {
    processQuery ??= listProcesses().finally(() => {
      processQuery = undefined;
    });
    return processQuery;
  }

  async function listProcesses(): Promise<void> {
    schedule.began(latest.gpus, nowMs());
    const { processes: listed, cpuMs } = await source.queryProcesses();
    const processes = await withOwners(listed);
    if (closed) return;
    schedule.ended(nowMs(), cpuMs);
    processesAsked = true;
    known = applyProcesses(known, processes);
    latest = { ...latest, gpus: known.map(({ gpu }) => gpu) };
  }

  async function withOwners(processes: ProcessesByGpu | null): Promise<ProcessesByGpu | null> {
    const { findOwners, backendOf } = options;
    if (processes === null || findOwners === undefined || backendOf === undefined) return processes;
    await findOwners([...processes.values()].flat().map(({ pid }) => pid));
    const named = ([uuid, list]: readonly [string, readonly GpuProcess[]]) =>
      [uuid, list.map((one) => withBackend(one, backendOf(one.pid)))] as const;
    return new Map([...processes].map(named));
  }

  function adjustRate() {
    const wanted = watched || lingering ? options.intervalMs : idleMs;
    const intervalMs = holds > 0 ? Math.min(wanted, options.intervalMs, fastIntervalMs) : wanted;
    source.setIntervalMs(intervalMs);
    setSource({ intervalMs: source.ownIntervalMs?.() ?? intervalMs });
  }

  const unsubscribe = source.subscribe(onEvent);
  source.setIntervalMs(idleMs);

  return {
    latest: () => latest,
    source: () => state,
    nowMs,
    start(told) {
      course = told;
      source.start();
    },
    setWatched(next) {
      if (next === watched || closed) return;
      watched = next;
      clearTimeout(lingerTimer);
      lingering = !watched;
      adjustRate();
      if (watched) {
        askIfDue();
        return;
      }
      lingerTimer = setTimeout(() => {
        lingering = false;
        adjustRate();
      }, lingerMs);
    },
    holdFast() {
      holds++;
      adjustRate();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds--;
        if (!closed) adjustRate();
      };
    },
    holdProcesses() {
      processHolds++;
      askIfDue();
      let held = true;
      return () => {
        if (held) processHolds--;
        held = false;
      };
    },
    processesAsked: () => processesAsked,
    implausible: () => implausible,
    refreshProcesses,
    warn(problem) {
      aside = problem;
      if (state.status === "live") setSource({ problem: ownProblem ?? aside });
    },
    async close() {
      closed = true;
      unsubscribe();
      clearTimeout(lingerTimer);
      await source.close();
    },
  };
}

function hasReading(gpu: Gpu): boolean {
  return gpu.memoryUsedMiB !== null || gpu.utilizationGpuPct !== null || gpu.temperatureC !== null;
}

function troubleOf(known: readonly KnownGpu[]): Problem | null {
  const namesOf = (some: readonly KnownGpu[]) =>
    some.map(({ gpu }) => `${gpu.index} (${gpu.name})`).join(", ");
  const lost = known.filter(({ gpu }) => gpu.lost);
  if (lost.length > 0) return problem("gpu-lost", { gpu: namesOf(lost) });
  const stuck = known.filter(({ gpu }) => gpu.needsReset === true);
  return stuck.length === 0 ? null : problem("gpu-needs-reset", { gpu: namesOf(stuck) });
}

function withBackend(process: GpuProcess, backend: string | undefined): GpuProcess {
  return backend === undefined ? process : { ...process, backend };
}
