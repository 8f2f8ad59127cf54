import * as v from "valibot";
import { type AlertRules, alertRulesSchema } from "../../../../server/config/health-options.ts";
import { evaluate, type Finding, type Health, NEW_HEALTH } from "../../../../server/health/evaluate.ts";
import type { EndedJobFact, HostFigures, Moment, SlowReading } from "../../../../server/health/moment.ts";
import { createRules } from "../../../../server/health/rules/all.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import type { RuleId } from "../../../../shared/health/alert.ts";

/** One GPU of a frame; what is left out is a healthy card of 24,564 MiB at rest. */
export type GpuFrame = Partial<Gpu>;
/** What is seen at one moment; what is left out is at rest. */
export interface Frame {
  /** Milliseconds since the frame before. */
  stepMs?: number;
  gpus?: readonly GpuFrame[];
  host?: Partial<HostFigures>;
  /** GPUs of declared jobs that run; a job that was not there in the frame before begins with this one. */
  running?: readonly (readonly number[])[];
  /** How the declared job on GPU 0 ends with this frame. */
  ends?: EndedJobFact["outcome"];
  slow?: Partial<SlowReading>;
  busy?: boolean;
  releasing?: boolean;
  xids?: Moment["xids"];
}

/** `seconds` frames of one second; `make` gets the second. */
export function during(seconds: number, make: Frame | ((second: number) => Frame)): Frame[] {
  return Array.from({ length: seconds }, (_, second) => (typeof make === "function" ? make(second) : make));
}

/** One GPU of a frame with so much in use and so busy. */
export const gpu = (memoryUsedMiB: number, utilizationGpuPct = 0, more: GpuFrame = {}): GpuFrame => ({
  memoryUsedMiB,
  utilizationGpuPct,
  ...more,
});

export interface Transition {
  kind: "began" | "renewed" | "ended";
  /** Seconds since the first frame. */
  second: number;
  finding: Finding;
}

export const DEFAULT_RULES: AlertRules = v.parse(alertRulesSchema, {});
export const TOTAL_MIB = 24_564;
/** Some epoch, so that nothing depends on times being small. */
export const BEGIN_MS = 1_790_000_000_000;

const HOST: HostFigures = {
  atMs: 0,
  load1: 1,
  coreCount: 4,
  cpuLimit: null,
  cpuPeriods: null,
  memoryUsedMiB: 8000,
  memoryMostMiB: 64_000,
  memoryOf: "machine",
  oomKills: 3,
};

/** Plays frames through the rules as the sidecar does. */
export function play(frames: Iterable<Frame>, settings: AlertRules = DEFAULT_RULES): Transition[] {
  const rules = createRules(settings);
  const transitions: Transition[] = [];
  let health: Health = NEW_HEALTH;
  let nowMs = BEGIN_MS;
  let startedMs: number | null = null;
  let slow: ReadonlyMap<string, SlowReading> = new Map();
  for (const frame of frames) {
    nowMs += frame.stepMs ?? 1000;
    const running = frame.running ?? [];
    const wasRunning = startedMs;
    if (running.length > 0) startedMs ??= nowMs;
    else startedMs = null;
    const gpus = (frame.gpus ?? [{}]).map(gpuOf);
    if (frame.slow !== undefined) slow = slowOf(frame.slow, gpus, nowMs);
    const moment: Moment = {
      nowMs,
      gpus,
      slow,
      host: { ...HOST, atMs: nowMs, ...frame.host },
      running: running.map((gpus, i) => ({ id: `job-${i}`, gpus, startedMs: startedMs ?? nowMs })),
      ended:
        frame.ends === undefined
          ? []
          : [{ gpus: [0], startedMs: wasRunning ?? nowMs, endedMs: nowMs, outcome: frame.ends }],
      busy: frame.busy ?? false,
      releasing: frame.releasing ?? false,
      xids: frame.xids ?? [],
    };
    const { health: next, changes } = evaluate(health, moment, rules);
    health = next;
    for (const kind of ["began", "renewed", "ended"] as const) {
      for (const finding of changes[kind])
        transitions.push({ kind, second: (nowMs - BEGIN_MS) / 1000, finding });
    }
  }
  return transitions;
}

/** The rules that began, in order. */
export const begun = (transitions: readonly Transition[]): RuleId[] =>
  transitions.filter(({ kind }) => kind === "began").map(({ finding }) => finding.rule);

export function gpuOf(frame: GpuFrame, index: number): Gpu {
  const total = frame.memoryTotalMiB === undefined ? TOTAL_MIB : frame.memoryTotalMiB;
  const used = frame.memoryUsedMiB === undefined ? 1000 : frame.memoryUsedMiB;
  return {
    index,
    uuid: `GPU-${index}`,
    name: "NVIDIA GeForce RTX 4090",
    memoryTotalMiB: total,
    memoryUsedMiB: used,
    memoryFreeMiB: total === null || used === null ? null : total - used,
    utilizationGpuPct: 0,
    temperatureC: 45,
    powerDrawW: 60,
    memoryReservedMiB: 0,
    utilizationMemoryPct: 0,
    powerLimitW: 450,
    fanPct: 40,
    pstate: "P2",
    throttle: [],
    mig: null,
    processes: null,
    lost: false,
    ...frame,
  };
}

function slowOf(
  patch: Partial<SlowReading>,
  gpus: readonly Gpu[],
  atMs: number,
): ReadonlyMap<string, SlowReading> {
  return new Map(
    gpus.map(({ uuid }, i) => [
      uuid,
      {
        atMs,
        eccUncorrected: 0,
        pcieGen: 4,
        pcieGenMax: 4,
        pcieWidth: 16,
        pcieWidthMax: 16,
        busId: `00000000:0${i + 1}:00.0`,
        ...patch,
      },
    ]),
  );
}
