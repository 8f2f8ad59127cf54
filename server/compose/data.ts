import { hostname } from "node:os";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { CapacityDatabase } from "../data/database.ts";
import { type FolderHold, holdFolder, NO_HOLD } from "../data/folder-hold.ts";
import type { LineLog } from "../data/line-log.ts";
import type { Disposer } from "../lib/disposer.ts";

export interface DataParts {
  disposer: Disposer;
  folder: string;
  /** `null`: a replay, whose folder nobody else knows. */
  kind: "real" | "demo" | null;
  /** Where this panel is found; `null`: mounted on a host's server. */
  url: string | null;
  complain(message: string): void;
}

/** Takes the data folder, before anything in it is opened. Closed last: until then the files are ours. */
export function composeHold({ disposer, folder, kind, url, complain }: DataParts): FolderHold {
  if (kind === null) return NO_HOLD;
  const self = { pid: process.pid, host: hostname(), url };
  const hold = holdFolder({ folder, demo: kind === "demo", self, complain });
  disposer.add(hold.close);
  return hold;
}

/** Tries again once in a while what could not be written, and tells viewers what keeps it from the disk. */
export function followData(parts: {
  disposer: Disposer;
  hold: FolderHold;
  database: Pick<CapacityDatabase, "retry" | "problem">;
  /** What else is written line by line. */
  logs: readonly Pick<LineLog, "retry" | "trouble">[];
  retryMs: number;
  /** Something may just have been written, or not. */
  onWrite(listener: () => void): () => void;
  show(problem: Problem | null): void;
}) {
  const { disposer, hold, database, logs, retryMs, onWrite, show } = parts;
  function troubleOfLogs(): Problem | null {
    const [detail] = logs.flatMap((log) => log.trouble() ?? []);
    return detail === undefined ? null : problem("data-not-kept", { detail });
  }
  const refresh = () => show(hold.problem() ?? database.problem() ?? troubleOfLogs());
  refresh();
  const timer = setInterval(() => {
    hold.retry();
    database.retry();
    for (const log of logs) log.retry();
    refresh();
  }, retryMs);
  disposer.add(() => clearInterval(timer));
  disposer.add(onWrite(refresh));
}

export interface Warnings {
  set(part: string, problem: Problem | null): void;
}

/** Several parts have each something that viewers should know of; the first one that has is shown. */
export function createWarnings(show: (problem: Problem | null) => void): Warnings {
  const problems = new Map<string, Problem>();
  return {
    set(part: string, problem: Problem | null) {
      if (problem === null) problems.delete(part);
      else problems.set(part, problem);
      show(problems.values().next().value ?? null);
    },
  };
}
