import type { ActsOn } from "../actions/acts-on.ts";
import type { Options } from "../config/options.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import type { LineLog } from "../data/line-log.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { Sessions } from "../recording/sessions/sessions.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";
import type { CapacityArea } from "./capacity.ts";
import { followData, type Warnings } from "./data.ts";
import { composeDecisions, type DecisionsArea } from "./decisions.ts";
import { composeLogs, type Logs } from "./logs.ts";
import { composeSessions } from "./sessions.ts";
import { composeWhatIf } from "./what-if.ts";

export interface RecordsParts {
  disposer: Disposer;
  sampler: Sampler;
  folder: string;
  hold: FolderHold;
  timings: Timings;
  capacity: CapacityArea;
  time: Time;
  demo: boolean;
  /** Whether a recording is played. Then nothing is decided, nor written that could be taken for what happened here. */
  replaying: boolean;
  /** The regular distance between samples. */
  intervalMs(): number;
  hostName: string;
  version: string;
  /** What the parts before these write line by line. */
  keeps: readonly Pick<LineLog, "retry" | "trouble">[];
  warnings: Warnings;
  complain(message: string): void;
}

/** Everything that is written down beside history, alerts and releases. */
export interface Records {
  sessions: Sessions;
  /** `null`: a recording is played. */
  decisions: DecisionsArea | null;
  logs: Logs;
  whatIf: ActsOn["whatIf"];
}

export function composeRecords(
  options: Pick<Options, "decisions" | "historyInterval" | "logCsv" | "logJsonl" | "logs">,
  parts: RecordsParts,
): Records {
  const { disposer, hold, capacity, time, replaying, warnings } = parts;
  const { database, told: jobs, fit } = capacity;
  followData({
    ...{
      disposer,
      hold,
      database,
      logs: parts.keeps,
      retryMs: options.historyInterval,
      onWrite: jobs.onChange,
    },
    show: (trouble) => warnings.set("data", trouble),
  });
  const decisions = replaying
    ? null
    : composeDecisions({
        ...parts,
        ...{ limits: options.decisions, writeIntervalMs: options.historyInterval, jobs, fit },
        nowMs: () => time.wallOf(time.nowMs()),
        show: (trouble) => warnings.set("decisions", trouble),
      });
  return {
    sessions: composeSessions({ ...parts, database }),
    decisions,
    whatIf: composeWhatIf({ ...parts, decisions }),
    logs: composeLogs(options, { ...parts, warn: (trouble) => warnings.set("log", trouble) }),
  };
}
