import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { recordOf } from "../../shared/release/record.ts";
import type { Release } from "../../shared/release/release.ts";
import type { Options } from "../config/options.ts";
import type { EndedJob } from "../jobs/jobs.ts";
import { wallMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { errorCode } from "../lib/error-code.ts";
import { CSV_HEADER, csvLines } from "../recording/log/csv-lines.ts";
import { ECS_BEGINS, ecsJobLine, ecsReleaseLine, ecsSampleLines } from "../recording/log/ecs-lines.ts";
import { createLogFile } from "../recording/log/log-file.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

export interface LogsDeps {
  disposer: Disposer;
  sampler: Pick<Sampler, "nowMs">;
  /** Shown by the panel while samples come; `null`: it is over. */
  warn(problem: Problem | null): void;
  /** Whether a recording is played: what happened already is not logged again. */
  replaying: boolean;
  hostName: string;
  version: string;
  complain(message: string): void;
  timings: Pick<Timings, "recording">;
}

const BYTES_PER_MIB = 1024 * 1024;

/** What is logged. */
export interface Logs {
  sample(sample: Sample): void;
  jobEnded(ended: EndedJob): void;
  release(release: Release): void;
}

const NO_LOGS: Logs = { sample() {}, jobEnded() {}, release() {} };

/** Writes the logs that were asked for. One that cannot be written says so and stops nothing else. */
export function composeLogs(
  { logCsv, logJsonl, logs }: Pick<Options, "logCsv" | "logJsonl" | "logs">,
  deps: LogsDeps,
): Logs {
  const { disposer, sampler } = deps;
  const troubles = new Map<string, Problem>();
  if (deps.replaying) {
    if (logCsv !== undefined || logJsonl !== undefined)
      deps.complain("no log is written while a recording is played.");
    return NO_LOGS;
  }
  /** A log tells the time of the wall, also after the machine slept or its clock was set. */
  const wallOf = (tMs: number) => wallMs() - (sampler.nowMs() - tMs);

  function openLog(path: string, header: string | null, begins: string) {
    const log = createLogFile({
      path,
      header,
      begins,
      maxBytes: logs.maxMiB * BYTES_PER_MIB,
      keepDays: logs.keepDays,
      restMs: deps.timings.recording.logRestMs,
      onTrouble(trouble, lost) {
        if (trouble === null) troubles.delete(path);
        else troubles.set(path, problem("log-stopped", { reason: errorCode(trouble) }));
        deps.warn(troubles.values().next().value ?? null);
        deps.complain(
          trouble === null
            ? `the log ${path} is written again; ${lost} lines are missing in it.`
            : `the log ${path} cannot be written: ${trouble.message}. The panel goes on without it and tries again.`,
        );
      },
    });
    disposer.add(log.close);
    return log;
  }

  const csv = logCsv === undefined ? null : openLog(logCsv, CSV_HEADER, `${CSV_HEADER}\n`);
  const ecs = logJsonl === undefined ? null : openLog(logJsonl, null, ECS_BEGINS);
  const source = { hostName: deps.hostName, version: deps.version };
  let lastRelease: string | null = null;
  return {
    sample({ tMs, gpus }) {
      csv?.write(csvLines(wallOf(tMs), gpus));
      ecs?.write(ecsSampleLines(wallOf(tMs), gpus, source));
    },
    jobEnded: ({ job, peakMiB }) => ecs?.write(ecsJobLine(job, peakMiB, source)),
    release(release) {
      const record = recordOf(release);
      if (record === null) return;
      // The end of a release may be told several times; what came back late is news.
      const told = `${record.id} ${record.late?.freedMiB}`;
      if (told === lastRelease) return;
      lastRelease = told;
      ecs?.write(ecsReleaseLine(record, source));
    },
  };
}
