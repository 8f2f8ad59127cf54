import type { Sample } from "../../shared/gpu/sample.ts";
import type { Options } from "../config/options.ts";
import { createEmitter, type Emitter } from "../lib/emitter.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import { createReleaseController, type ReleaseController } from "../release/controller.ts";
import type { ProcessOwners } from "../release/owners/process-owners.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

/** Releases, and the way for a sample to reach one that measures. */
export function composeReleases(
  options: Pick<Options, "releasePatience" | "backendInterval">,
  parts: {
    sampler: Sampler;
    watch: BackendWatch;
    backends: readonly Backend[];
    owners: ProcessOwners;
    timings: Timings;
  },
): { releases: ReleaseController; measured: Emitter<Sample> } {
  const { sampler, watch, backends, owners, timings } = parts;
  const measured = createEmitter<Sample>();
  const releases = createReleaseController({
    backends,
    watch,
    ownersFound: owners.isFound,
    limits: {
      ...timings.release,
      patience: timings.patience,
      patienceMs: options.releasePatience,
      statusIntervalMs: options.backendInterval,
    },
    samples: {
      latest: sampler.latest,
      nowMs: sampler.nowMs,
      onSample: measured.subscribe,
      holdFast: sampler.holdFast,
      refreshProcesses: sampler.refreshProcessesAnew,
      isLive: () => sampler.source().status === "live",
    },
  });
  return { releases, measured };
}
