import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import { steadyMs } from "../lib/clock.ts";
import type { Timings } from "../timings.ts";
import type { Tick } from "./assemble-tick.ts";
import { applyProcesses, applyTick, forgetReadings, type KnownGpu } from "./gpu-list.ts";
import { createProcessList, type OwnerOptions } from "./process-list.ts";
import { createSamplingRate, idleRateMs } from "./sampling-rate.ts";
import type { SampleSource, SourceEvent } from "./source.ts";
import { createSourceStatus } from "./source-status.ts";

export interface SamplerOptions extends OwnerOptions {
  /** Milliseconds between samples while somebody watches. */
  intervalMs: number;
  /** GPUs to show, by index or UUID; `null` for all. */
  gpus: readonly string[] | null;
  demoReason: SourceState["demoReason"];
  /** Samples at the rate asked for though nobody watches: they are written to a log. */
  keepsRate?: boolean;
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
  /** The same by a query that begins from now on. */
  refreshProcessesAnew(): Promise<void>;
  /** Tries to get samples at once where the source waits before its next try; resolves when that has said something. */
  retry(): Promise<void>;
  /** Something beside the sampling that viewers should know of; shown while samples come and nothing worse is wrong. */
  warn(problem: Problem | null): void;
  close(): Promise<void>;
}

export function createSampler(source: SampleSource, options: SamplerOptions): Sampler {
  const startedAt = steadyMs();
  const nowMs = () => source.nowMs?.() ?? steadyMs() - startedAt;
  const shown = (gpu: Pick<Gpu, "index" | "uuid">) => isShown(gpu, options.gpus);
  let course = NOBODY;
  let known: KnownGpu[] = [];
  let latest: Sample = { seq: 0, tMs: 0, gpus: [] };
  let implausible = 0;
  const rateOptions = { ...options, timings: options.timings.sampling };
  const idleMs = idleRateMs(rateOptions);
  const status = createSourceStatus(source, options.demoReason, idleMs, (state) => course.source(state));
  const rate = createSamplingRate(rateOptions, (intervalMs) => {
    source.setIntervalMs(intervalMs);
    status.set({ intervalMs: source.ownIntervalMs?.() ?? intervalMs });
  });
  const processes = createProcessList({
    ...options,
    ...{ source, nowMs, timings: options.timings.processes, isWatched: rate.isWatched },
    gpus: () => latest.gpus,
    isLive: () => status.state().status === "live",
    take(listed) {
      known = applyProcesses(known, listed);
      latest = { ...latest, gpus: known.map(({ gpu }) => gpu) };
    },
  });

  function number(next: KnownGpu[], tMs: number) {
    known = next;
    latest = { seq: latest.seq + 1, tMs, gpus: known.map(({ gpu }) => gpu) };
  }

  function onEvent(event: SourceEvent) {
    switch (event.type) {
      case "replay":
        return status.setReplay();
      case "jump":
        number(applyTick([], event.tick.filter(shown)), event.tMs);
        return course.jump();
      case "waiting":
        if (status.state().status === "starting") status.set({ problem: event.problem });
        return;
      case "problem":
        if (event.status === "failed" && known.some(({ gpu }) => hasReading(gpu))) {
          number(forgetReadings(known), nowMs());
          course.sample(latest);
        }
        return status.set({ status: event.status, problem: event.problem });
      case "tick":
        return onTick(event);
    }
  }

  function onTick({ tick, warning }: Extract<SourceEvent, { type: "tick" }>) {
    implausible += tick.reduce((sum, row) => sum + (row.implausible ?? 0), 0);
    const rows = tick.filter(shown);
    number(applyTick(known, rows), measuredMs(tick, startedAt, latest, nowMs()));
    course.sample(latest);
    const missing = missingProblem(options.gpus ?? [], tick, known);
    status.setLive(warning ?? troubleOf(known) ?? missing, rows[0]?.driverVersion ?? null);
    processes.refreshIfDue();
  }

  const unsubscribe = source.subscribe(onEvent);
  source.setIntervalMs(idleMs);

  return {
    latest: () => latest,
    source: status.state,
    nowMs,
    start(told) {
      course = told;
      source.start();
    },
    setWatched(watched) {
      rate.setWatched(watched);
      if (watched) processes.refreshIfDue();
    },
    ...{ holdFast: rate.holdFast, holdProcesses: processes.hold },
    processesAsked: processes.isAsked,
    implausible: () => implausible,
    ...{ refreshProcesses: processes.refresh, refreshProcessesAnew: processes.refreshAnew },
    warn: status.warn,
    retry: () => retry(source),
    async close() {
      unsubscribe();
      processes.close();
      rate.close();
      await source.close();
    },
  };
}

/** A row may have waited on its way here. However old it is, it is no older than the sample before. */
function measuredMs(tick: Tick, startedAt: number, before: Sample, nowMs: number): number {
  const told = tick.flatMap((row) => (row.measuredMs === undefined ? [] : [row.measuredMs - startedAt]));
  return told.length === 0 ? nowMs : Math.max(before.tMs, Math.min(nowMs, ...told));
}

async function retry(source: SampleSource) {
  if (source.retryNow?.() !== true) return;
  await new Promise<void>((resolve) => {
    const stop = source.subscribe(() => {
      stop();
      resolve();
    });
  });
}

function isShown({ index, uuid }: Pick<Gpu, "index" | "uuid">, gpus: SamplerOptions["gpus"]): boolean {
  return gpus === null || gpus.includes(String(index)) || gpus.includes(uuid);
}

/** GPUs that were asked for and that this machine has never told of. */
function missingProblem(names: readonly string[], tick: Tick, known: readonly KnownGpu[]): Problem | null {
  const there = [...tick, ...known.map(({ gpu }) => gpu)];
  const missing = names.filter((name) =>
    there.every(({ index, uuid }) => name !== String(index) && name !== uuid),
  );
  if (missing.length === 0) return null;
  const indexes = tick.map(({ index }) => index).join(", ");
  return problem("gpus-not-there", { missing: missing.join(", "), there: indexes });
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
