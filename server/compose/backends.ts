import { join } from "node:path";
import type { Job } from "../../shared/jobs/job.ts";
import type { Kept } from "../../shared/release/record.ts";
import type { Options } from "../config/options.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import type { Disposer } from "../lib/disposer.ts";
import { type Audit, createAudit } from "../release/audit.ts";
import { type BackendWatch, createBackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import { createDeclaredWork } from "../release/declared-work.ts";
import type { ProcessOwners } from "../release/owners/process-owners.ts";
import { createVainReleases } from "../release/vain-releases.ts";
import type { Sampler } from "../sampling/sampler.ts";

export interface BackendsParts {
  disposer: Disposer;
  sampler: Pick<Sampler, "latest">;
  folder: string;
  hold: FolderHold;
  isDemo: boolean;
  backends: readonly Backend[];
  owners: ProcessOwners;
  jobs(): readonly Job[];
  complain(message: string): void;
}

/** What is known of the backends, and of their past releases. */
export interface BackendsArea {
  watch: BackendWatch;
  audit: Audit;
  /** What a backend keeps that was asked in vain. */
  keptBy(backend: string): Kept;
}

export function composeBackends(
  { backendInterval }: Pick<Options, "backendInterval">,
  parts: BackendsParts,
): BackendsArea {
  const { disposer, folder, owners } = parts;
  const gpus = () => parts.sampler.latest().gpus;
  const { runsIn } = createDeclaredWork({ jobs: parts.jobs, gpus });
  // What the demo machine showed must not be taken for what happened here.
  const audit = createAudit(parts.isDemo ? join(folder, "demo") : folder, parts.complain, parts.hold);
  const vain = createVainReleases(audit.recent, owners);
  const watch = createBackendWatch(parts.backends, backendInterval, runsIn, vain.givesNothing);
  disposer.add(watch.close);
  disposer.add(watch.onChange(vain.saw));
  return { watch, audit, keptBy: (backend) => vain.keptBy(watch.stateOf(backend), gpus()) };
}
