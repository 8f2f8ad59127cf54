import * as v from "valibot";
import { gpuProcessSchema } from "../gpu/gpu.ts";
import type { LeavesFor } from "../handover/handover.ts";
import { problemSchema } from "../problems/problem.ts";

export const RELEASE_PHASES = ["idle", "waiting-for-job", "calling", "verifying", "done", "failed"] as const;
export const RELEASE_MODES = ["auto", "now", "after-current", "interrupt"] as const;

const mib = v.nullable(v.number());

/** What the backend says it freed. Shown beside the measured figure, never believed. */
const claimSchema = v.object({
  freedMiB: mib,
  models: v.nullable(v.array(v.string())),
  /** How many models it dropped, where it tells no more of them. */
  dropped: v.optional(v.number()),
});

/** One backend's share of a release. */
export const releasePartSchema = v.object({
  backend: v.string(),
  state: v.picklist(["pending", "waiting-for-job", "calling", "verifying", "done", "failed", "cancelled"]),
  /** Measured while this backend alone was asked. */
  freedMiB: mib,
  claim: v.nullable(claimSchema),
  problem: v.nullable(problemSchema),
});
export type ReleasePart = v.InferOutput<typeof releasePartSchema>;

/**
 * Why a process still holds VRAM after a release.
 * - `context`: a backend's CUDA context and libraries; only the end of the process frees them
 * - `allocator-cache`: memory without live tensors, which the backend's allocator keeps
 * - `kept`: the backend still holds tensors: in use, kept on purpose, or leaked
 * - `other-program`: no backend that was asked
 * - `unknown`: it cannot be told whose process it is
 */
export const HELD_BECAUSE = ["context", "allocator-cache", "kept", "other-program", "unknown"] as const;
export type HeldBecause = (typeof HELD_BECAUSE)[number];

/** The release in progress, or the last one, as every viewer sees it. */
export const releaseSchema = v.object({
  state: v.picklist(RELEASE_PHASES),
  id: v.nullable(v.string()),
  mode: v.nullable(v.picklist(RELEASE_MODES)),
  /** The backend that is being asked, or was asked last. */
  backend: v.nullable(v.string()),
  requestedBy: v.nullable(v.string()),
  /** Epoch milliseconds by the sidecar's clock. */
  startedAt: v.nullable(v.number()),
  finishedAt: v.nullable(v.number()),
  /** What is expected to come back; `null`: not known. */
  estimateMiB: mib,
  /** Measured, all GPUs and backends together; negative when VRAM grew. */
  freedMiB: mib,
  /** The same for each GPU; `freedMiB` is `null` where the driver reports no VRAM. */
  gpus: v.array(v.object({ index: v.number(), beforeMiB: mib, afterMiB: mib, freedMiB: mib })),
  /** The figures still moved when the time was up. */
  unsettled: v.boolean(),
  /** What came back after the verdict, in `freedMiB` already: how much, and how long after the call it began. */
  late: v.nullable(v.object({ freedMiB: v.number(), seconds: v.number() })),
  /** Each backend that is asked, in the order in which it is. */
  parts: v.array(releasePartSchema),
  /**
   * While it waits for a job: since when (epoch ms), how many jobs are queued behind, whether it can be cancelled, and
   * whether the backend has been asked already (cancelled then, it is only not waited for any longer).
   */
  waiting: v.nullable(
    v.object({ since: v.number(), queue: mib, cancellable: v.boolean(), asked: v.boolean() }),
  ),
  /** Other processes whose VRAM changed meanwhile (+ took, − gave back): no part of what was freed. */
  meanwhile: v.array(
    v.object({ gpu: v.number(), pid: v.number(), name: v.nullable(v.string()), changedMiB: v.number() }),
  ),
  stillHeldBy: v.array(
    v.object({ gpu: v.number(), ...gpuProcessSchema.entries, because: v.picklist(HELD_BECAUSE) }),
  ),
  claim: v.nullable(claimSchema),
  problem: v.nullable(problemSchema),
});
export type Release = v.InferOutput<typeof releaseSchema>;
/** Why a backend leaves the card for others, and for which job or backend: kept with the release, not told while it goes. */
export interface LeavesBy {
  reason: LeavesFor;
  forWhom: string | null;
}
export type ReleasePhase = Release["state"];
export type ReleaseMode = (typeof RELEASE_MODES)[number];

export const IDLE_RELEASE: Release = {
  state: "idle",
  id: null,
  mode: null,
  backend: null,
  requestedBy: null,
  startedAt: null,
  finishedAt: null,
  estimateMiB: null,
  freedMiB: null,
  gpus: [],
  unsettled: false,
  late: null,
  parts: [],
  waiting: null,
  meanwhile: [],
  stillHeldBy: [],
  claim: null,
  problem: null,
};

/** True from the click to the verdict. */
export function isReleasing({ state }: Pick<Release, "state">): boolean {
  return state === "waiting-for-job" || state === "calling" || state === "verifying";
}
