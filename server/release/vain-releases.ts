import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { loadedMiB } from "../../shared/release/estimate.ts";
import type { Kept, ReleaseRecord } from "../../shared/release/record.ts";
import { wallMs } from "../lib/clock.ts";
import { givesNothing } from "./gives-nothing.ts";
import type { ProcessOwners } from "./owners/process-owners.ts";
import { remember } from "./remember.ts";

/** Remembers by the past releases which backends were asked in vain. */
export interface VainReleases {
  /** Its last two releases gave nothing back. */
  givesNothing(backend: string): boolean;
  /** One that does not answer may be started anew. */
  saw(states: readonly BackendState[]): void;
  /** What a backend keeps now. */
  keptBy(backend: BackendState | undefined, gpus: readonly Pick<Gpu, "processes">[]): Kept;
}

export function createVainReleases(
  recent: () => readonly ReleaseRecord[],
  { processesOf }: Pick<ProcessOwners, "processesOf">,
): VainReleases {
  const startedMs = wallMs();
  const away = new Map<string, number>();
  return {
    givesNothing: (backend) =>
      givesNothing(recent(), backend, {
        processes: processesOf(backend),
        sinceMs: away.get(backend) ?? startedMs,
      }),
    saw(states) {
      for (const { id, reachable } of states) if (reachable === false) remember(away, id, wallMs());
    },
    keptBy: (backend, gpus) => ({
      keptMiB: backend === undefined ? null : loadedMiB(backend, gpus),
      processes: backend === undefined ? [] : processesOf(backend.id),
    }),
  };
}
