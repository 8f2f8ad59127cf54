import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import type { PatienceTimings, ReleaseTimings } from "../timings.ts";
import { changeOn, changesOfOthers, type OtherChange } from "./attribute.ts";
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
import { createSampleReader, type ReleaseSamples, type SampleReader, type Snapshot } from "./samples.ts";

/** What the samples say came back, without what others took or gave back meanwhile. */
export interface Measurement {
  verdict: Exclude<Verdict, { kind: "waiting" }> | { kind: "aborted" };
  gpus: { index: number; beforeMiB: number | null; afterMiB: number | null; freedMiB: number | null }[];
  meanwhile: OtherChange[];
}

export type MeasureTimings = Pick<ReleaseTimings, "settledMs" | "longestFallMs" | "processRestMs"> & {
  patience: Pick<PatienceTimings, "sampleMs" | "processesMs">;
};

export interface Measure
  extends Pick<SampleReader, "nowMs" | "fresh" | "snapshot" | "follow" | "refreshProcesses"> {
  /** Watches the samples until the judge has made up its mind. */
  freedSince(
    before: Snapshot,
    backendId: string,
    patienceMs: number,
    signal: AbortSignal,
    nudge?: Nudge,
  ): Promise<Measurement>;
  /** After the verdict: tells whenever more has come back since than was told, until the time is over. */
  watchLate(late: LateWatch, signal: AbortSignal): Promise<void>;
}

/** What is done once, where nothing has come back after so long. */
export interface Nudge {
  afterMs: number;
  act(): Promise<void>;
}

export interface LateWatch {
  before: Snapshot;
  backendIds: readonly string[];
  /** Told so far, MiB. */
  toldMiB: number;
  /** How long to watch. */
  limitMs: number;
  /** @param atMs when it began to come back, by the samples' clock */
  onMore(freedMiB: number, measured: Omit<Measurement, "verdict">, atMs: number): void;
}

/** How many of the last readings are kept, to tell whether VRAM has come to rest. */
const READINGS_KEPT = 100;

/** @param gpu the only GPU that counts; `undefined`: all of them */
export function createMeasure(
  samples: ReleaseSamples,
  gpu: number | undefined,
  timings: MeasureTimings,
): Measure {
  const reader = createSampleReader(samples, gpu, timings.patience);
  return {
    ...reader,
    freedSince: (before, backendId, patienceMs, signal, nudge) =>
      freedSince(reader, { before, backendId, patienceMs, timings, nudge }, signal),
    watchLate: (late, signal) => watchLate(reader, late, timings.settledMs, signal),
  };
}

async function freedSince(
  reader: SampleReader,
  {
    before,
    backendId,
    patienceMs,
    timings,
    nudge,
  }: {
    before: Snapshot;
    backendId: string;
    patienceMs: number;
    timings: MeasureTimings;
    nudge?: Nudge | undefined;
  },
  signal: AbortSignal,
): Promise<Measurement> {
  const startedMs = reader.nowMs();
  const holding = mayHold(before, backendId);
  const readings: Reading[] = [];
  let now: Snapshot = { levels: [], processes: before.processes };
  let changes: OtherChange[] = [];
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let isNudged = nudge === undefined;
  for (;;) {
    const rested = reader.nowMs() - askedAtMs >= timings.processRestMs;
    if (rested) {
      askedAtMs = reader.nowMs();
      await reader.refreshProcesses(signal);
    }
    const sample = await reader.next(signal);
    if (sample !== null) {
      now = reader.snapshotOf(sample);
      const own = withoutOthers(before, now, backendId);
      changes = own.changes;
      readings.push({ tMs: sample.tMs, levels: own.levels });
    }
    const waitedMs = reader.nowMs() - startedMs;
    if (!isNudged && waitedMs >= (nudge?.afterMs ?? 0)) {
      isNudged = true;
      const freedMiB = totalFreed(before.levels, readings.at(-1)?.levels ?? []);
      if (freedMiB !== null && freedMiB <= NOISE_MIB) await nudge?.act();
    }
    const verdict = judge(before.levels, readings, waitedMs, { ...timings, patienceMs }, holding);
    if (signal.aborted) return conclude({ kind: "aborted" });
    if (verdict.kind === "waiting") continue;
    // Samples that have stopped say nothing of what came back after them.
    if (verdict.kind !== "freed" && !reader.isLive()) return conclude({ kind: "unmeasurable" });
    // The last word needs processes and levels of the same moment.
    if (sample === null || rested || verdict.kind === "unmeasurable") return conclude(verdict);
    askedAtMs = Number.NEGATIVE_INFINITY;
  }

  function conclude(verdict: Measurement["verdict"]): Measurement {
    const gpus = gpusOf(before, now, withoutOthers(before, now, backendId).levels);
    return { verdict, gpus, meanwhile: changes };
  }
}

async function watchLate(
  reader: SampleReader,
  { before, backendIds, limitMs, onMore, ...late }: LateWatch,
  settledMs: number,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = reader.nowMs();
  let { toldMiB } = late;
  let readings: Reading[] = [];
  /** The processes were listed when more had come back: the next sample can be told with that list. */
  let listed = false;
  while (!signal.aborted && reader.nowMs() - startedMs < limitMs) {
    const sample = await reader.next(signal);
    if (sample === null || !reader.isLive()) continue;
    const now = reader.snapshotOf(sample);
    const { levels, changes } = withoutOthers(before, now, ...backendIds);
    readings = [...readings.slice(1 - READINGS_KEPT), { tMs: sample.tMs, levels }];
    const freedMiB = settledFreed(before.levels, readings, settledMs);
    const isMore = freedMiB !== null && freedMiB > toldMiB + NOISE_MIB;
    if (isMore && listed) {
      const first = readings.find(
        (one) => (totalFreed(before.levels, one.levels) ?? 0) > toldMiB + NOISE_MIB,
      );
      onMore(freedMiB, { gpus: gpusOf(before, now, levels), meanwhile: changes }, first?.tMs ?? sample.tMs);
      toldMiB = freedMiB;
    } else if (isMore) await reader.refreshProcesses(signal);
    listed = isMore;
  }
}

/** The levels as they would be if no other process had changed. Pure. */
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

/** @param own levels without what others changed */
function gpusOf(before: Snapshot, now: Snapshot, own: readonly Level[]): Measurement["gpus"] {
  return freedPerGpu(before.levels, own).map((freed) => ({
    ...freed,
    afterMiB: now.levels.find(({ index }) => index === freed.index)?.usedMiB ?? null,
  }));
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
