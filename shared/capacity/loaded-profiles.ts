import type { Gpu } from "../gpu/gpu.ts";
import type { BackendState } from "../release/backend.ts";
import { placesOf } from "./backends-on.ts";
import type { Profile } from "./profile.ts";

/**
 * Ids of the profiles whose model a backend on this GPU says that it has loaded, and whose weights are known: one more
 * such job takes only the rest there (CAP-10). Names are compared by their letters and digits alone, for backends name
 * models by their files. Pure.
 */
export function loadedProfiles(
  gpu: Pick<Gpu, "index" | "memoryUsedMiB" | "processes">,
  gpus: readonly Pick<Gpu, "index" | "memoryUsedMiB" | "processes">[],
  backends: readonly BackendState[],
  profiles: readonly Profile[],
): string[] {
  const names = backends
    .filter((backend) => !backend.parked && placesOf(backend, gpus)?.includes(gpu.index) === true)
    .flatMap(({ models }) => models.map(({ name }) => bare(name)));
  if (names.length === 0) return [];
  return profiles.flatMap(({ id, model, weightsMiB }) =>
    model !== null && weightsMiB !== null && names.some((name) => name.includes(bare(model))) ? [id] : [],
  );
}

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
