import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import type { PatienceTimings, ReleaseTimings } from "../timings.ts";
import { changeOn, changesOfOthers, type GpuProcesses, type OtherChange, processesOf } from "./attribute.ts";
import {
  freedPerGpu,
  judge,
  type Level,
  NOISE_MIB,
  type Reading,
  settledFreed,
  totalFreed,
  type Verdict,
} from "./judge.ts";

/** What a release needs of the sampler. */
export interface ReleaseSamples {
  latest(): Sample;
  isLive(): boolean;
  nowMs(): number;
  onSample(listener: (sample: Sample) => void): () => void;
  /** Keeps the sampling fast; returns the end of it. */
  holdFast(): () => void;
  refreshProcesses(): Promise<void>;
}

/** The GPUs at one moment, with who holds what. */
export interface Snapshot {
  levels: readonly Level[];
  processes: readonly GpuProcesses[];
}

/** What the samples say came back, without what others took or gave back meanwhile. */
export interface Measurement {
  verdict: Exclude<Verdict, { kind: "waiting" }> | { kind: "aborted" };
  gpus: { index: number; beforeMiB: number | null; afterMiB: number | null; freedMiB: number | null }[];
  meanwhile: OtherChange[];
}

export type MeasureTimings = Pick<ReleaseTimings, "settledMs" | "longestFallMs" | "processRestMs"> & {
  patience: Pick<PatienceTimings, "sampleMs" | "processesMs">;
};

export interface Measure {
  /** The samples' clock. */
  nowMs(): number;
  /** The GPUs by a sample and a process query of now. `null` levels where there are no samples of now. */
  snapshot(signal: AbortSignal): Promise<Snapshot>;
  /** Asks who holds what, for a few seconds at most: a driver that hangs must not hold up the release. */
  refreshProcesses(signal: AbortSignal): Promise<void>;
  /** Remembers the samples that come, so that a moment that is over can still be looked at. */
  follow(lagMs: number): { snapshot(signal: AbortSignal): Promise<Snapshot>; stop(): void };
  /** Watches the samples until the judge has made up its mind. */
  freedSince(
    before: Snapshot,
    backendId: string,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Measurement>;
  /** After the verdict: tells whenever more has come back since than was told, until the time is over. */
  watchLate(late: LateWatch, signal: AbortSignal): Promise<void>;
}

export interface LateWatch {
  before: Snapshot;
  backendIds: readonly string[];
  /** Told so far, MiB. */
  toldMiB: number;
  /** How long it is looked for. */
  limitMs: number;
  /** @param atMs when it began to come back, by the samples' clock */
  onMore(freedMiB: number, measured: Omit<Measurement, "verdict">, atMs: number): void;
}

/** So many of the last readings tell whether VRAM has come to rest. */
const READINGS_KEPT = 100;

/** @param gpu the only GPU that counts; `undefined`: all of them */
export function createMeasure(
  samples: ReleaseSamples,
  gpu: number | undefined,
  timings: MeasureTimings,
): Measure {
  const counted = ({ gpus }: Sample): Gpu[] => gpus.filter(({ index }) => gpu === undefined || index === gpu);
  const levelsOf = (sample: Sample): Level[] =>
    counted(sample).map(({ index, memoryUsedMiB }) => ({ index, usedMiB: memoryUsedMiB }));

  /** The next sample, or the last one when the patience is at its end. */
  function nextSample(signal: AbortSignal): Promise<Sample | null> {
    return new Promise((resolve) => {
      const end = (sample: Sample | null) => {
        unsubscribe();
        clearTimeout(patience);
        signal.removeEventListener("abort", onAbort);
        resolve(sample);
      };
      const onAbort = () => end(null);
      const unsubscribe = samples.onSample(end);
      const patience = setTimeout(onAbort, timings.patience.sampleMs);
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
    });
  }

  function refreshProcesses(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(patience);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const patience = setTimeout(end, timings.patience.processesMs);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
      else samples.refreshProcesses().then(end, end);
    });
  }

  async function snapshot(signal: AbortSignal): Promise<Snapshot> {
    await refreshProcesses(signal);
    const sample = await nextSample(signal);
    const latest = samples.latest();
    // A level that is not of now would make the difference a lie.
    const levels = samples.isLive() && sample !== null ? levelsOf(sample) : [];
    return { levels, processes: processesOf(counted(latest)) };
  }

  function follow(lagMs: number) {
    let kept: Sample[] = [samples.latest()];
    const stop = samples.onSample((sample) => {
      const olderThanLag = kept.findLastIndex(({ tMs }) => tMs <= samples.nowMs() - lagMs);
      kept = [...kept.slice(Math.max(0, olderThanLag)), sample];
    });
    return {
      /**
       * The newest sample that is at least `lagMs` old, or else the oldest since the beginning. The processes are
       * those of now: it is the others that they are needed for, and the list beside the sample may be old.
       */
      async snapshot(signal: AbortSignal): Promise<Snapshot> {
        const sample = kept.findLast(({ tMs }) => tMs <= samples.nowMs() - lagMs) ?? kept[0];
        const levels = sample === undefined || !samples.isLive() ? [] : levelsOf(sample);
        await refreshProcesses(signal);
        return { levels, processes: processesOf(counted(samples.latest())) };
      },
      stop,
    };
  }

  /** What there would be if the others had not changed anything. */
  function withoutOthers(before: Snapshot, now: Snapshot, ...backendIds: readonly string[]) {
    const changes = changesOfOthers(before.processes, now.processes, ...backendIds);
    const levels = now.levels.map(
      ({ index, usedMiB }): Level => ({
        index,
        usedMiB: usedMiB === null ? null : usedMiB - changeOn(changes, index),
      }),
    );
    return { changes, levels };
  }

  async function freedSince(
    before: Snapshot,
    backendId: string,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Measurement> {
    const startedMs = samples.nowMs();
    const holding = mayHold(before, backendId);
    const readings: Reading[] = [];
    let now: Snapshot = { levels: [], processes: before.processes };
    let changes: OtherChange[] = [];
    let askedAtMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const rested = samples.nowMs() - askedAtMs >= timings.processRestMs;
      if (rested) {
        askedAtMs = samples.nowMs();
        await refreshProcesses(signal);
      }
      const sample = await nextSample(signal);
      if (sample !== null) {
        now = { levels: levelsOf(sample), processes: processesOf(counted(samples.latest())) };
        const own = withoutOthers(before, now, backendId);
        changes = own.changes;
        readings.push({ tMs: sample.tMs, levels: own.levels });
      }
      const waitedMs = samples.nowMs() - startedMs;
      const verdict = judge(before.levels, readings, waitedMs, { ...timings, patienceMs }, holding);
      if (signal.aborted) return conclude({ kind: "aborted" });
      if (verdict.kind === "waiting") continue;
      // Samples that have stopped say nothing of what came back after them.
      if (verdict.kind !== "freed" && !samples.isLive()) return conclude({ kind: "unmeasurable" });
      // The last word needs processes and levels of the same moment.
      if (sample === null || rested || verdict.kind === "unmeasurable") return conclude(verdict);
      askedAtMs = Number.NEGATIVE_INFINITY;
    }

    function conclude(verdict: Measurement["verdict"]): Measurement {
      const gpus = gpusOf(before, now, withoutOthers(before, now, backendId).levels);
      return { verdict, gpus, meanwhile: changes };
    }
  }

  /** @param own levels without what others changed */
  function gpusOf(before: Snapshot, now: Snapshot, own: readonly Level[]): Measurement["gpus"] {
    return freedPerGpu(before.levels, own).map((freed) => ({
      ...freed,
      afterMiB: now.levels.find(({ index }) => index === freed.index)?.usedMiB ?? null,
    }));
  }

  async function watchLate(
    { before, backendIds, limitMs, onMore, ...late }: LateWatch,
    signal: AbortSignal,
  ): Promise<void> {
    const startedMs = samples.nowMs();
    let { toldMiB } = late;
    let readings: Reading[] = [];
    /** The processes were listed since there was more: the next sample says it to the end. */
    let listed = false;
    while (!signal.aborted && samples.nowMs() - startedMs < limitMs) {
      const sample = await nextSample(signal);
      if (sample === null || !samples.isLive()) continue;
      const now = { levels: levelsOf(sample), processes: processesOf(counted(samples.latest())) };
      const { levels, changes } = withoutOthers(before, now, ...backendIds);
      readings = [...readings.slice(1 - READINGS_KEPT), { tMs: sample.tMs, levels }];
      const freedMiB = settledFreed(before.levels, readings, timings.settledMs);
      const isMore = freedMiB !== null && freedMiB > toldMiB + NOISE_MIB;
      if (isMore && listed) {
        const first = readings.find(
          (one) => (totalFreed(before.levels, one.levels) ?? 0) > toldMiB + NOISE_MIB,
        );
        onMore(freedMiB, { gpus: gpusOf(before, now, levels), meanwhile: changes }, first?.tMs ?? sample.tMs);
        toldMiB = freedMiB;
      } else if (isMore) await refreshProcesses(signal);
      listed = isMore;
    }
  }

  return { nowMs: samples.nowMs, snapshot, follow, freedSince, refreshProcesses, watchLate };
}

/** GPUs on which the backend may hold more than a CUDA context: by its processes, or where none is known, by what is in use. */
function mayHold({ levels, processes }: Snapshot, backendId: string): number[] {
  const isLarge = (mib: number | null) => mib !== null && mib > CONTEXT_MIB;
  const own = processes.map(({ index, processes: list }) => ({
    index,
    own: (list ?? []).filter(({ backend }) => backend === backendId),
  }));
  if (own.some((gpu) => gpu.own.length > 0))
    return own.flatMap((gpu) => (gpu.own.some(({ usedMiB }) => isLarge(usedMiB)) ? [gpu.index] : []));
  return levels.flatMap(({ index, usedMiB }) => (isLarge(usedMiB) ? [index] : []));
}
