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
  /** The next sample measured from now on: one that was measured before may still be on its way. */
  fresh(signal: AbortSignal): Promise<Sample | null>;
  /** Asks who holds what, for a few seconds at most: a driver that hangs must not hold up the release. Says whether an answer came. */
  refreshProcesses(signal: AbortSignal): Promise<boolean>;
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
  /** Where no list has come in time the last one may be of before: what a program took since would pass for freed. */
  const listNow = async (signal: AbortSignal): Promise<readonly GpuProcesses[]> => {
    const isFresh = await refreshProcesses(signal);
    return isFresh ? processes() : processes().map(({ index }) => ({ index, processes: null }));
  };
  const next = (signal: AbortSignal, sinceMs = Number.NEGATIVE_INFINITY) =>
    nextOf(samples, sinceMs, patience.sampleMs, signal);
  return {
    nowMs: samples.nowMs,
    isLive: samples.isLive,
    next: (signal) => next(signal),
    fresh: (signal) => next(signal, samples.nowMs()),
    refreshProcesses,
    snapshotOf: (sample) => ({ levels: levelsOf(sample), processes: processes() }),
    async snapshot(signal) {
      const askedMs = samples.nowMs();
      const processes = await listNow(signal);
      const sample = await next(signal, askedMs);
      // An old level would make the difference wrong.
      const levels = samples.isLive() && sample !== null ? levelsOf(sample) : [];
      return { levels, processes };
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
          return { levels, processes: await listNow(signal) };
        },
        stop,
      };
    },
  };
}

function nextOf(
  samples: ReleaseSamples,
  sinceMs: number,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Sample | null> {
  return new Promise((resolve) => {
    const end = (sample: Sample | null) => {
      unsubscribe();
      clearTimeout(patience);
      signal.removeEventListener("abort", onAbort);
      resolve(sample);
    };
    const onAbort = () => end(null);
    const unsubscribe = samples.onSample((sample) => {
      if (sample.tMs >= sinceMs) end(sample);
    });
    const patience = setTimeout(onAbort, patienceMs);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
}

function refreshed(samples: ReleaseSamples, patienceMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isFresh: boolean) => {
      clearTimeout(patience);
      signal.removeEventListener("abort", giveUp);
      resolve(isFresh);
    };
    const giveUp = () => end(false);
    const patience = setTimeout(giveUp, patienceMs);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    else samples.refreshProcesses().then(() => end(true), giveUp);
  });
}
