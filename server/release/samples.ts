import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { PatienceTimings } from "../timings.ts";
import { type GpuProcesses, processesOf } from "./attribute.ts";
import type { Level } from "./judge.ts";

/** What a release needs of the sampler. */
export interface ReleaseSamples {
  latest(): Sample;
  isLive(): boolean;
  nowMs(): number;
  onSample(listener: (sample: Sample) => void): () => void;
  /** Keeps the sampling fast until the returned function is called. */
  holdFast(): () => void;
  refreshProcesses(): Promise<void>;
}

/** The GPUs at one moment, with who holds what. */
export interface Snapshot {
  levels: readonly Level[];
  processes: readonly GpuProcesses[];
}

/** The samples as one release reads them: of the GPUs that count, and never waited for without an end. */
export interface SampleReader {
  nowMs(): number;
  isLive(): boolean;
  /** The next sample; `null` when the patience is at its end. */
  next(signal: AbortSignal): Promise<Sample | null>;
  /** Asks who holds what, for a few seconds at most: a driver that hangs must not hold up the release. */
  refreshProcesses(signal: AbortSignal): Promise<void>;
  /** The GPUs by a sample and a process query of now. No levels where there are no samples of now. */
  snapshot(signal: AbortSignal): Promise<Snapshot>;
  /** A sample, and who holds what by the last list. */
  snapshotOf(sample: Sample): Snapshot;
  /** Keeps the samples that come, so that a past moment can be looked up. */
  follow(lagMs: number): { snapshot(signal: AbortSignal): Promise<Snapshot>; stop(): void };
}

type Patience = Pick<PatienceTimings, "sampleMs" | "processesMs">;

/** @param gpu the only GPU that counts; `undefined`: all of them */
export function createSampleReader(
  samples: ReleaseSamples,
  gpu: number | undefined,
  patience: Patience,
): SampleReader {
  const counted = ({ gpus }: Sample): Gpu[] => gpus.filter(({ index }) => gpu === undefined || index === gpu);
  const levelsOf = (sample: Sample): Level[] =>
    counted(sample).map(({ index, memoryUsedMiB }) => ({ index, usedMiB: memoryUsedMiB }));
  const processes = () => processesOf(counted(samples.latest()));
  const refreshProcesses = (signal: AbortSignal) => refreshed(samples, patience.processesMs, signal);
  const next = (signal: AbortSignal) => nextOf(samples, patience.sampleMs, signal);
  return {
    nowMs: samples.nowMs,
    isLive: samples.isLive,
    next,
    refreshProcesses,
    snapshotOf: (sample) => ({ levels: levelsOf(sample), processes: processes() }),
    async snapshot(signal) {
      await refreshProcesses(signal);
      const sample = await next(signal);
      // An old level would make the difference wrong.
      const levels = samples.isLive() && sample !== null ? levelsOf(sample) : [];
      return { levels, processes: processes() };
    },
    follow(lagMs) {
      let kept: Sample[] = [samples.latest()];
      const isOld = ({ tMs }: Sample) => tMs <= samples.nowMs() - lagMs;
      const stop = samples.onSample((sample) => {
        kept = [...kept.slice(Math.max(0, kept.findLastIndex(isOld))), sample];
      });
      return {
        /**
         * The newest sample that is at least `lagMs` old, or else the oldest since the beginning. The processes are
         * listed now: they tell what others hold, and the list that came with the sample may be old.
         */
        async snapshot(signal) {
          const sample = kept.findLast(isOld) ?? kept[0];
          const levels = sample === undefined || !samples.isLive() ? [] : levelsOf(sample);
          await refreshProcesses(signal);
          return { levels, processes: processes() };
        },
        stop,
      };
    },
  };
}

function nextOf(samples: ReleaseSamples, patienceMs: number, signal: AbortSignal): Promise<Sample | null> {
  return new Promise((resolve) => {
    const end = (sample: Sample | null) => {
      unsubscribe();
      clearTimeout(patience);
      signal.removeEventListener("abort", onAbort);
      resolve(sample);
    };
    const onAbort = () => end(null);
    const unsubscribe = samples.onSample(end);
    const patience = setTimeout(onAbort, patienceMs);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
}

function refreshed(samples: ReleaseSamples, patienceMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(patience);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const patience = setTimeout(end, patienceMs);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    else samples.refreshProcesses().then(end, end);
  });
}
