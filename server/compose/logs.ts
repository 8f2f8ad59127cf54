import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { recordOf } from "../../shared/release/record.ts";
import type { Release } from "../../shared/release/release.ts";
import type { Jobs } from "../capacity/jobs.ts";
import type { Options } from "../config/options.ts";
import type { Disposer } from "../lib/disposer.ts";
import { errorCode } from "../lib/error-code.ts";
import { CSV_HEADER, csvLines } from "../recording/log/csv-lines.ts";
import { ECS_BEGINS, ecsJobLine, ecsReleaseLine, ecsSampleLines } from "../recording/log/ecs-lines.ts";
import { createLogFile } from "../recording/log/log-file.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

export interface LogsDeps {
  disposer: Disposer;
  sampler: Pick<Sampler, "onSample" | "nowMs" | "warn">;
  /** A recording is played: what happened already is not logged again. */
  replaying: boolean;
  jobs: Pick<Jobs, "onEnd">;
  releases: { onRelease(listener: (release: Release) => void): () => void };
  hostName: string;
  version: string;
  complain(message: string): void;
  timings: Pick<Timings, "recording">;
}

const BYTES_PER_MIB = 1024 * 1024;

/** Writes the logs that were asked for. One that cannot be written says so and stops nothing else. */
export function composeLogs(
  { logCsv, logJsonl, logs }: Pick<Options, "logCsv" | "logJsonl" | "logs">,
  deps: LogsDeps,
) {
  const { disposer, sampler } = deps;
  const troubles = new Map<string, Problem>();
  if (deps.replaying) {
    if (logCsv !== undefined || logJsonl !== undefined)
      deps.complain("no log is written while a recording is played.");
    return;
  }
  /** A log tells the time of the wall, also after the machine slept or its clock was set. */
  const wallMs = (tMs: number) => Date.now() - (sampler.nowMs() - tMs);

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
        sampler.warn(troubles.values().next().value ?? null);
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

  if (logCsv !== undefined) {
    const log = openLog(logCsv, CSV_HEADER, `${CSV_HEADER}\n`);
    disposer.add(sampler.onSample(({ tMs, gpus }) => log.write(csvLines(wallMs(tMs), gpus))));
  }
  if (logJsonl !== undefined) {
    const { hostName, version } = deps;
    const log = openLog(logJsonl, null, ECS_BEGINS);
    const source = { hostName, version };
    disposer.add(sampler.onSample(({ tMs, gpus }) => log.write(ecsSampleLines(wallMs(tMs), gpus, source))));
    disposer.add(deps.jobs.onEnd(({ job, peakMiB }) => log.write(ecsJobLine(job, peakMiB, source))));
    let lastRelease: string | null = null;
    disposer.add(
      deps.releases.onRelease((release) => {
        const record = recordOf(release);
        // The end of a release may be told several times.
        if (record === null || record.id === lastRelease) return;
        lastRelease = record.id;
        log.write(ecsReleaseLine(record, source));
      }),
    );
  }
}
