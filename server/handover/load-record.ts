import { randomUUID } from "node:crypto";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Reply } from "../../shared/protocol/reply.ts";
import type { ReleaseRecord } from "../../shared/release/record.ts";
import { wallMs } from "../lib/clock.ts";

/** Loads a backend and keeps what it took, beside the releases. */
export type LoadRecorder = (backend: string, load: () => Promise<Reply<{ id: string }>>) => Promise<void>;

export function createLoadRecorder({
  gpus,
  refreshProcesses,
  keep,
}: {
  gpus(): readonly Gpu[];
  refreshProcesses(): Promise<void>;
  keep(record: ReleaseRecord): void;
}): LoadRecorder {
  /** By its processes; `null`: the machine names none, or not what they hold. */
  function heldMiB(backend: string): number | null {
    const lists = gpus().flatMap(({ processes }) => processes ?? []);
    const own = lists.filter((one) => one.backend === backend);
    return own.reduce<number | null>(
      (sum, { usedMiB }) => (sum === null || usedMiB === null ? null : sum + usedMiB),
      gpus().every(({ processes }) => processes === null) ? null : 0,
    );
  }
  return async (backend, load) => {
    const startedAt = wallMs();
    const beforeMiB = heldMiB(backend);
    const reply = await load();
    const finishedAt = wallMs();
    await refreshProcesses();
    const afterMiB = heldMiB(backend);
    const freedMiB = beforeMiB === null || afterMiB === null ? null : beforeMiB - afterMiB;
    const state = reply.ok ? ("done" as const) : ("failed" as const);
    const code = reply.ok ? null : reply.code;
    keep({
      ...{ id: randomUUID(), startedAt, finishedAt, requestedBy: "hand-over", mode: null, state, freedMiB },
      ...{ gpus: [], problem: code, did: "load", reason: "hand-over", forWhom: null },
      parts: [{ backend, state, freedMiB, problem: code }],
    });
  };
}
