import type { Server } from "node:http";
import { join } from "node:path";
import type { Job } from "../../shared/jobs/job.ts";
import type { Kept } from "../../shared/release/record.ts";
import type { Options } from "../config/options.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import type { Disposer } from "../lib/disposer.ts";
import { type Audit, createAudit } from "../release/audit.ts";
import type { BackendList } from "../release/backend-list.ts";
import { type BackendWatch, createBackendWatch } from "../release/backend-watch.ts";
import { createDeclaredWork } from "../release/declared-work.ts";
import type { ProcessOwners } from "../release/owners/process-owners.ts";
import { createVainReleases } from "../release/vain-releases.ts";
import type { SourceChoice } from "../sampling/choose-source.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";
import { composeFound, type FoundArea } from "./found.ts";

export interface BackendsParts {
  disposer: Disposer;
  sampler: Pick<Sampler, "latest">;
  folder: string;
  hold: FolderHold;
  kind: SourceChoice["kind"];
  list: BackendList;
  server: Server;
  timings: Timings;
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
  /** Those that nobody has set up. */
  found: FoundArea;
}

export function composeBackends(
  { backendInterval, findBackends }: Pick<Options, "backendInterval" | "findBackends">,
  parts: BackendsParts,
): BackendsArea {
  const { disposer, folder, owners, kind, list } = parts;
  const gpus = () => parts.sampler.latest().gpus;
  const { runsIn } = createDeclaredWork({ jobs: parts.jobs, gpus });
  // First: what was adopted in an earlier run is a backend from the start.
  const found = composeFound({ ...parts, isReal: kind === "nvidia-smi" && findBackends });
  // What the demo machine showed must not be taken for what happened here.
  const audit = createAudit(kind === "demo" ? join(folder, "demo") : folder, parts.complain, parts.hold);
  const vain = createVainReleases(audit.recent, owners);
  const watch = createBackendWatch(list.all, backendInterval, runsIn, vain.givesNothing);
  disposer.add(watch.close);
  disposer.add(watch.onChange(vain.saw));
  return { watch, audit, found, keptBy: (backend) => vain.keptBy(watch.stateOf(backend), gpus()) };
}
