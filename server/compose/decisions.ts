import { join } from "node:path";
import type { Job } from "../../shared/jobs/job.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Release } from "../../shared/release/release.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { createPruning } from "../history/pruning.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { steadyMs, wallMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createDecisionRecord, type DecisionRecord } from "../recording/decisions/decision-record.ts";
import { createRecorder, type Recorder } from "../recording/decisions/recorder.ts";
import { openSegmentStore } from "../recording/decisions/store.ts";
import type { CapacityArea } from "./capacity.ts";

export interface DecisionsParts {
  disposer: Disposer;
  folder: string;
  hold: FolderHold;
  demo: boolean;
  limits: { keepDays: number; maxMiB: number };
  /** Milliseconds between two writes to disk. */
  writeIntervalMs: number;
  version: string;
  jobs: Jobs;
  fit: CapacityArea["fit"];
  /** Epoch milliseconds of the samples' clock. */
  nowMs(): number;
  complain(message: string): void;
  /** Told what keeps the record from the disk. */
  show(problem: Problem | null): void;
}

const DAY_MS = 86_400_000;
const BYTES_PER_MIB = 1024 * 1024;
const clocks = () => ({ wallMs: wallMs(), steadyMs: steadyMs() });

export interface DecisionsArea {
  sample: Recorder["sample"];
  backends: Recorder["backends"];
  /** A job may have begun or fallen silent. */
  jobsChanged(): void;
  release(release: Release): void;
  /** The jobs, with every ask and every end recorded. */
  jobs: Jobs;
  /** The answer whether a job fits, with every ask that may hold room recorded. */
  fit: CapacityArea["fit"];
  read: DecisionRecord["read"];
}

/** Records what decisions on room are made from, so that they can be made again. */
export function composeDecisions(parts: DecisionsParts): DecisionsArea {
  const { disposer, folder, hold, limits, jobs, complain } = parts;
  // What the demo machine showed must not be taken for what happened here.
  const file = join(folder, parts.demo ? "decisions-demo.sqlite" : "decisions.sqlite");
  const store = openSegmentStore(file, complain, hold);
  const record = createDecisionRecord({ store, standing: () => recorder.standing() });
  const recorder = createRecorder({
    record: () => record,
    version: parts.version,
    jobs: () => jobs.list().filter(isUnfinished),
    nowMs: parts.nowMs,
  });
  const pruning = createPruning(clocks());
  const timer = setInterval(() => {
    record.flush();
    parts.show(store.problem());
    const now = clocks();
    if (pruning.check(now)) store.prune(now.wallMs - limits.keepDays * DAY_MS, limits.maxMiB * BYTES_PER_MIB);
  }, parts.writeIntervalMs);
  disposer.add(record.close);
  disposer.add(() => clearInterval(timer));
  disposer.add(hold.onTaken(record.flush));
  return {
    sample: recorder.sample,
    backends: recorder.backends,
    jobsChanged: recordCourse(jobs, recorder),
    release: recordReleases(recorder),
    jobs: recordedJobs(jobs, recorder),
    async fit(query, from, language) {
      const reply = await parts.fit(query, from, language);
      if (query.intent === "start") recorder.intent(query, from, reply);
      return reply;
    },
    read: record.read,
  };
}

function recordedJobs(jobs: Jobs, recorder: Recorder): Jobs {
  return {
    ...jobs,
    async request(body, requestedBy) {
      const reply = await jobs.request(body, requestedBy);
      recorder.ask(body, reply);
      return reply;
    },
    heartbeat(id, patch) {
      const reply = jobs.heartbeat(id, patch);
      if (reply?.ok) recorder.patch(id, patch);
      return reply;
    },
    finish(id, end) {
      const before = jobs.find(id);
      if (before !== null && isUnfinished(before)) recorder.end(id, end);
      return jobs.finish(id, end);
    },
  };
}

/** Jobs that waited and begin, and those that ran or waited and fell silent. */
function recordCourse(jobs: Jobs, recorder: Recorder): () => void {
  const unfinished = () =>
    new Map(
      jobs
        .list()
        .filter(isUnfinished)
        .map(({ id, state }) => [id, state]),
    );
  let before = unfinished();
  return () => {
    for (const { id, state, gpus } of jobs.list()) {
      if (state === "expired" && before.has(id)) recorder.end(id, null);
      if (state === "running" && before.get(id) === "waiting") recorder.started(id, gpus);
    }
    before = unfinished();
  };
}

/** The end of a release may be told several times. */
function recordReleases(recorder: Recorder): DecisionsArea["release"] {
  let last: string | null = null;
  return ({ id, state, parts }) => {
    if (state !== "done" || id === last) return;
    last = id;
    recorder.released(parts.filter((part) => part.state === "done").map(({ backend }) => backend));
  };
}

const isUnfinished = ({ state }: Pick<Job, "state">) => state === "running" || state === "waiting";
