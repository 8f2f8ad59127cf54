import * as v from "valibot";
import { type LeavesBy, RELEASE_MODES, type Release } from "./release.ts";

const mib = v.nullable(v.number());

/** One release of the past, as the audit keeps it. Times are epoch milliseconds. */
export const releaseRecordSchema = v.object({
  id: v.string(),
  startedAt: v.number(),
  finishedAt: v.number(),
  /** Address it was asked from. */
  requestedBy: v.nullable(v.string()),
  mode: v.nullable(v.picklist(RELEASE_MODES)),
  state: v.picklist(["done", "failed"]),
  freedMiB: mib,
  gpus: v.array(v.object({ index: v.number(), beforeMiB: mib, afterMiB: mib, freedMiB: mib })),
  parts: v.array(
    v.object({
      ...{ backend: v.string(), state: v.string(), freedMiB: mib, problem: v.nullable(v.string()) },
      /** What it still had loaded after it gave nothing back. */
      keptMiB: v.exactOptional(v.number()),
      /** Its processes then, each as `pid@start`; absent where the machine does not tell. */
      processes: v.exactOptional(v.array(v.string())),
    }),
  ),
  /** Code of what was wrong. */
  problem: v.nullable(v.string()),
  /** Nobody pressed the button: a backend left the card for others, or came back to it. */
  reason: v.exactOptional(v.literal("hand-over")),
  /** The job or backend that got the card. */
  forWhom: v.exactOptional(v.nullable(v.string())),
  /** It was loaded again: `freedMiB` is below 0 by what it took. */
  did: v.exactOptional(v.literal("load")),
  /** What of it came back after the verdict. */
  late: v.exactOptional(v.object({ freedMiB: v.number(), seconds: v.number() })),
});
export type ReleaseRecord = v.InferOutput<typeof releaseRecordSchema>;

/** What a backend keeps that was asked in vain. */
export interface Kept {
  keptMiB: number | null;
  processes: readonly string[];
}

/** The record of a release that has ended, `null` for any other. Pure. */
export function recordOf(
  release: Release,
  keptBy: (backend: string) => Kept = () => ({ keptMiB: null, processes: [] }),
  leavesBy: LeavesBy | null = null,
): ReleaseRecord | null {
  const { id, startedAt, finishedAt, requestedBy, mode, state, freedMiB, gpus } = release;
  if (id === null || startedAt === null || finishedAt === null) return null;
  if (state !== "done" && state !== "failed") return null;
  return {
    id,
    startedAt,
    finishedAt,
    requestedBy,
    mode,
    state,
    freedMiB,
    gpus,
    parts: release.parts.map((part) => ({
      backend: part.backend,
      state: part.state,
      freedMiB: part.freedMiB,
      problem: part.problem?.code ?? null,
      ...(part.problem?.code === "nothing-freed" ? known(keptBy(part.backend)) : {}),
    })),
    problem: release.problem?.code ?? null,
    ...(leavesBy === null ? {} : { reason: "hand-over" as const, forWhom: leavesBy.forWhom }),
    ...(release.late === null ? {} : { late: release.late }),
  };
}

function known({ keptMiB, processes }: Kept) {
  return {
    ...(keptMiB === null ? {} : { keptMiB }),
    ...(processes.length === 0 ? {} : { processes: [...processes] }),
  };
}
