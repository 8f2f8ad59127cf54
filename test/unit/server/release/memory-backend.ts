import type { Backend, StatusOutcome } from "../../../../server/release/backends/backend.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import type { BackendStatus } from "../../../../shared/release/backend.ts";

/** A backend that lives in the test: what it says is set, what is asked of it is listed. */
export interface MemoryBackend {
  backend: Backend;
  /** What was asked of it, in order, status calls aside. */
  calls: string[];
  /** Status calls so far, and the most that were under way at once. */
  asked: { times: number; atOnce: number };
  /** Those that listen to what it pushes. */
  listeners: Set<(status: BackendStatus) => void>;
  /** Changes what it says, and pushes it where it pushes. */
  say(patch: Partial<BackendStatus>): void;
  /** From now on its status is this, `null`: as `say` has it. */
  answer(outcome: StatusOutcome | null): void;
}

export const IDLE: BackendStatus = { busy: false, queue: 0, models: [], allocator: null };

export const DOWN: StatusOutcome = {
  kind: "failed",
  problem: problem("backend-unreachable", { detail: "ECONNREFUSED" }),
  reached: false,
};
export const SILENT: StatusOutcome = {
  kind: "failed",
  problem: problem("backend-timeout", { seconds: 5 }),
  reached: true,
};

export function memoryBackend(
  id: string,
  own: Partial<Backend> = {},
  { pushes = false, hasStatus = true }: { pushes?: boolean; hasStatus?: boolean } = {},
): MemoryBackend {
  const calls: string[] = [];
  const asked = { times: 0, atOnce: 0 };
  const listeners = new Set<(status: BackendStatus) => void>();
  let status = IDLE;
  let answer: StatusOutcome | null = null;
  let underWay = 0;

  async function announce(): Promise<StatusOutcome> {
    asked.times++;
    underWay++;
    asked.atOnce = Math.max(asked.atOnce, underWay);
    // As over HTTP, the answer is of another turn.
    await Promise.resolve();
    underWay--;
    return answer ?? { kind: "status", status };
  }

  const backend: Backend = {
    id,
    kind: "http",
    url: null,
    modes: ["auto", "now", "after-current"],
    duringJob: "unknown",
    ...(hasStatus ? { status: announce } : {}),
    async unload(mode) {
      calls.push(`unload ${mode}`);
      return { kind: "accepted", claim: null };
    },
    ...(pushes
      ? {
          subscribe(onStatus) {
            listeners.add(onStatus);
            return () => listeners.delete(onStatus);
          },
        }
      : {}),
    ...own,
  };
  return {
    backend,
    calls,
    asked,
    listeners,
    say(patch) {
      status = { ...status, ...patch };
      for (const listener of listeners) listener(status);
    },
    answer(outcome) {
      answer = outcome;
    },
  };
}
