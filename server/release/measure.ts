import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { PatienceTimings, ReleaseTimings } from "../timings.ts";
import { changeOn, changesOfOthers, type GpuProcesses, type OtherChange, processesOf } from "./attribute.ts";
import { freedPerGpu, judge, type Level, type Reading, type Verdict } from "./judge.ts";

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
}

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
  function withoutOthers(before: Snapshot, backendId: string, now: Snapshot) {
    const changes = changesOfOthers(before.processes, now.processes, backendId);
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
        const own = withoutOthers(before, backendId, now);
        changes = own.changes;
        readings.push({ tMs: sample.tMs, levels: own.levels });
      }
      const verdict = judge(before.levels, readings, samples.nowMs() - startedMs, { ...timings, patienceMs });
      if (signal.aborted) return conclude({ kind: "aborted" });
      if (verdict.kind === "waiting") continue;
      // Samples that have stopped say nothing of what came back after them.
      if (verdict.kind !== "freed" && !samples.isLive()) return conclude({ kind: "unmeasurable" });
      // The last word needs processes and levels of the same moment.
      if (sample === null || rested || verdict.kind === "unmeasurable") return conclude(verdict);
      askedAtMs = Number.NEGATIVE_INFINITY;
    }

    function conclude(verdict: Measurement["verdict"]): Measurement {
      const freed = freedPerGpu(before.levels, withoutOthers(before, backendId, now).levels);
      const gpus = freed.map((own) => ({
        ...own,
        afterMiB: now.levels.find(({ index }) => index === own.index)?.usedMiB ?? null,
      }));
      return { verdict, gpus, meanwhile: changes };
    }
  }

  return { snapshot, follow, freedSince, refreshProcesses };
}
