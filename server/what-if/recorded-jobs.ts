import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Job } from "../../shared/jobs/job.ts";
import type { JobBody, JobEnd } from "../../shared/protocol/job-requests.ts";
import type { Taker } from "../../shared/what-if/what-if.ts";
import type { DecisionInput, Note } from "../recording/decisions/input.ts";
import { createCoverage } from "./coverage.ts";
import { createLists } from "./lists.ts";

/** A declared job as the record has it. Times are epoch milliseconds. */
export interface RecordedJob {
  id: string;
  label: string;
  /** What it asked with; `null`: it was there when the record begins, and is known by what was reserved. */
  body: JobBody | null;
  reservedMiB: number | null;
  gpuCount: number;
  pid: number | null;
  backend: string | null;
  askedMs: number;
  /** `null`: it has not begun. */
  startedMs: number | null;
  /** `null`: it was still there at the end of the record. */
  endedMs: number | null;
  /** `null`: it fell silent, or the sidecar did. */
  end: JobEnd | null;
  /** Indexes of the GPUs on which it was reserved or its process was seen; empty: not known. */
  gpus: readonly number[];
  /** Its process was seen in a list. */
  wasSeen: boolean;
  /** Who had taken VRAM before it ran out of it. */
  taker: Taker | null;
}

/** What a stretch of the record holds. */
export interface RecordedDays {
  /** In the order in which they asked. */
  jobs: readonly RecordedJob[];
  /** Most GPUs at a time. */
  gpuCount: number;
  recordedMs: number;
  daysWithout: readonly string[];
}

export interface JobReader {
  take(input: DecisionInput): void;
  done(): RecordedDays;
}

/** Reads jobs, their processes and who took what before an out-of-memory. One pass, in order. */
export function createJobReader(fromMs: number, toMs: number): JobReader {
  const jobs = new Map<string, RecordedJob>();
  const open = new Map<string, RecordedJob>();
  const lists = createLists();
  const coverage = createCoverage(fromMs, toMs);
  let indexes: readonly number[] = [];
  let gpuCount = 0;

  function add(job: RecordedJob) {
    if (jobs.has(job.id)) return;
    jobs.set(job.id, job);
    open.set(job.id, job);
  }

  /** Its process is on this GPU: that says more than where it was said to be. */
  function see(job: RecordedJob, gpu: number) {
    job.gpus = job.wasSeen ? [...new Set([...job.gpus, gpu])] : [gpu];
    job.wasSeen = true;
  }

  function end(id: string, atMs: number, how: JobEnd | null) {
    const job = open.get(id) ?? jobs.get(id);
    if (job === undefined) return;
    for (const gpu of lists.gpusOf((process) => isOf(job, process))) see(job, gpu);
    job.endedMs = atMs;
    job.end = how;
    open.delete(id);
    if (how?.oom !== true || job.startedMs === null) return;
    const taker = lists.takerBefore({
      atMs,
      sinceMs: job.startedMs,
      gpus: job.gpus,
      isOwn: (one) => isOf(job, one),
    });
    job.taker = taker === null ? null : { ...taker, job: labelOf(taker) };
  }

  function labelOf({ pid, backend }: Pick<Taker, "pid" | "backend">): string | null {
    const last = [...jobs.values()].filter((job) => isOf(job, { pid, backend: backend ?? undefined })).at(-1);
    return last?.label ?? null;
  }

  function takeNote(atMs: number, note: Note) {
    switch (note.topic) {
      case "gpus":
        indexes = note.gpus.map(({ index }) => index);
        gpuCount = Math.max(gpuCount, indexes.length);
        return;
      case "jobs":
        for (const job of note.jobs) add(ofJob(job));
        return;
      case "ask":
        if (note.id !== null) add(ofAsk(note.id, note.body, note.answer, atMs));
        return;
      case "started": {
        const job = jobs.get(note.id);
        if (job !== undefined)
          Object.assign(job, { startedMs: atMs, gpus: job.wasSeen ? job.gpus : note.gpus });
        return;
      }
      case "patch": {
        const job = jobs.get(note.id);
        if (job !== undefined && note.patch.pid !== undefined) job.pid = note.patch.pid;
        return;
      }
      case "end":
        end(note.id, atMs, note.end);
        return;
      case "start":
        // Those that it takes over are told of anew by their end; of the others nothing is known from here on.
        for (const job of open.values()) job.endedMs = atMs;
        return;
    }
  }

  return {
    take(input) {
      const { atMs } = input;
      if (input.kind === "note") takeNote(atMs, input.note);
      else if (input.kind === "sample") coverage.sample(atMs);
      else {
        const gpu = indexes[input.gpu] ?? input.gpu;
        lists.take(atMs, gpu, input.processes);
        for (const job of open.values())
          if (input.processes?.some((process) => isOf(job, process))) see(job, gpu);
      }
    },
    done: () => ({
      jobs: [...jobs.values()].sort((a, b) => a.askedMs - b.askedMs),
      gpuCount,
      ...coverage.done(),
    }),
  };
}

/** Whether the process is the job's: by its pid, or else by its backend. */
export function isOf(
  { pid, backend }: Pick<RecordedJob, "pid" | "backend">,
  process: { pid: number; backend?: GpuProcess["backend"] | undefined },
): boolean {
  return pid !== null ? process.pid === pid : backend !== null && process.backend === backend;
}

const UNSEEN = { endedMs: null, end: null, wasSeen: false, taker: null };

function ofJob(job: Job): RecordedJob {
  const { id, label, peakMiB, gpuCount, pid, backend, requestedAt, startedAt, gpus } = job;
  return {
    ...{ id, label, body: null, reservedMiB: peakMiB, gpuCount, pid, backend, ...UNSEEN },
    ...{ askedMs: requestedAt, startedMs: startedAt, gpus },
  };
}

function ofAsk(id: string, body: JobBody, answer: string, atMs: number): RecordedJob {
  const gpus = body.gpuIndexes ?? [];
  return {
    ...{ id, label: body.label ?? body.profile ?? body.model ?? "job", body, reservedMiB: null, ...UNSEEN },
    ...{
      gpuCount: body.gpus ?? Math.max(1, gpus.length),
      pid: body.pid ?? null,
      backend: body.backend ?? null,
    },
    ...{ askedMs: atMs, startedMs: answer === "running" ? atMs : null, gpus },
  };
}
