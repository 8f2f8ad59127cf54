import * as v from "valibot";
import { gpuProcessSchema } from "../gpu/gpu.ts";
import { problemSchema } from "../problems/problem.ts";

export const RELEASE_PHASES = ["idle", "waiting-for-job", "calling", "verifying", "done", "failed"] as const;
export const RELEASE_MODES = ["auto", "now", "after-current", "interrupt"] as const;

const mib = v.nullable(v.number());

/** The release in progress, or the last one, as every viewer sees it. */
export const releaseSchema = v.object({
  state: v.picklist(RELEASE_PHASES),
  id: v.nullable(v.string()),
  mode: v.nullable(v.picklist(RELEASE_MODES)),
  backend: v.nullable(v.string()),
  requestedBy: v.nullable(v.string()),
  /** Epoch milliseconds by the sidecar's clock. */
  startedAt: v.nullable(v.number()),
  finishedAt: v.nullable(v.number()),
  /** What is expected to come back; `null`: not known. */
  estimateMiB: mib,
  /** Measured: used before the call minus used after it settled, all GPUs together; negative when it grew. */
  freedMiB: mib,
  /** The same for each GPU; `freedMiB` is `null` where the driver reports no VRAM. */
  gpus: v.array(v.object({ index: v.number(), beforeMiB: mib, afterMiB: mib, freedMiB: mib })),
  /** The figures still moved when the time was up. */
  unsettled: v.boolean(),
  stillHeldBy: v.array(v.object({ gpu: v.number(), ...gpuProcessSchema.entries })),
  /** What the backend says it freed. Shown beside the measured figure, never believed. */
  claim: v.nullable(v.object({ freedMiB: mib, models: v.nullable(v.array(v.string())) })),
  problem: v.nullable(problemSchema),
});
export type Release = v.InferOutput<typeof releaseSchema>;
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
  stillHeldBy: [],
  claim: null,
  problem: null,
};

/** True from the click to the verdict. */
export function isReleasing({ state }: Pick<Release, "state">): boolean {
  return state === "waiting-for-job" || state === "calling" || state === "verifying";
}
