import * as v from "valibot";
import type { DecisionInput, Note } from "../../server/recording/decisions/input.ts";
import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import { jobBodySchema, jobEndSchema } from "../../shared/protocol/job-requests.ts";

export const CARD_MIB = 24_564;
const DRIVER_MIB = 300;

/** A process: what it holds from when to when, seconds and MiB. */
export interface Life {
  pid: number;
  name?: string;
  holds: readonly (readonly [fromS: number, mib: number])[];
}

/** A declared job; `startS` is left out where it starts with its ask. */
export interface Declared {
  id: string;
  pid?: number;
  peakMiB: number;
  askS: number;
  startS?: number;
  endS: number;
  oom?: boolean;
  label?: string;
}

/** The record of a machine with one GPU, a sample and a list a second. `lists: false`: the driver names nobody. */
export function recordedLife(
  startMs: number,
  seconds: number,
  {
    processes,
    jobs,
    lists = true,
  }: { processes: readonly Life[]; jobs: readonly Declared[]; lists?: boolean },
): DecisionInput[] {
  const inputs: DecisionInput[] = [];
  const note = (atS: number, body: Note) =>
    inputs.push({ kind: "note", atMs: startMs + atS * 1000, note: body });
  const identity = { index: 0, uuid: "GPU-a", name: "A", memoryTotalMiB: CARD_MIB, lost: false, mig: null };
  note(0, { topic: "start", version: "1.2.3" });
  note(0, { topic: "gpus", gpus: [identity] });
  let last = "";
  for (let s = 0; s <= seconds; s++) {
    for (const job of jobs) noteJob(job, s, note);
    const here = processes.flatMap(({ pid, name = "python", holds }): GpuProcess[] => {
      const mib = holds.findLast(([fromS]) => fromS <= s)?.[1] ?? 0;
      return mib === 0 ? [] : [{ pid, name, usedMiB: mib }];
    });
    const atMs = startMs + s * 1000;
    if (lists && JSON.stringify(here) !== last)
      inputs.push({ kind: "processes", atMs, gpu: 0, processes: here });
    last = JSON.stringify(here);
    const usedMiB = here.reduce((sum, one) => sum + (one.usedMiB ?? 0), 80);
    const busy = here.length > 0 ? 90 : 0;
    const free = CARD_MIB - DRIVER_MIB - usedMiB;
    inputs.push({ kind: "sample", atMs, gpus: [[usedMiB, free, DRIVER_MIB, busy]] });
  }
  return inputs;
}

function noteJob(job: Declared, s: number, note: (atS: number, body: Note) => void) {
  const { id, askS, startS = askS, endS, pid, peakMiB, label = id, oom = false } = job;
  if (s === askS) {
    const body = v.parse(jobBodySchema, { label, peakMiB, pid, started: startS === askS });
    note(s, { topic: "ask", id, body, answer: startS === askS ? "running" : "waiting" });
  } else if (s === startS) note(s, { topic: "started", id, gpus: [0] });
  if (s === endS)
    note(s, { topic: "end", id, end: v.parse(jobEndSchema, { outcome: oom ? "failed" : "done", oom }) });
}

/** A job's process: it loads for five seconds and then holds its peak. */
export const script = (pid: number, fromS: number, toS: number, mib: number, name?: string): Life => ({
  pid,
  ...(name === undefined ? {} : { name }),
  holds: [
    [fromS + 1, 450],
    [fromS + 3, Math.round(mib * 0.6)],
    [fromS + 5, mib],
    [toS, 0],
  ],
});
