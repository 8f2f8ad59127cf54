import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { heldBecause } from "../../shared/release/held-because.ts";
import type { Release } from "../../shared/release/release.ts";

/**
 * Who still holds VRAM after a release, and why; the largest first. Pure.
 * @param ownersKnown whether the processes of the asked backends can be told from others
 */
export function holdersOf(
  gpus: readonly Pick<Gpu, "index" | "processes">[],
  asked: readonly BackendState[],
  ownersKnown: boolean,
): Release["stillHeldBy"] {
  return gpus
    .flatMap(({ index, processes }) =>
      (processes ?? []).map((process) => ({
        gpu: index,
        ...process,
        because: heldBecause(process, asked, ownersKnown),
      })),
    )
    .sort((a, b) => (b.usedMiB ?? 0) - (a.usedMiB ?? 0));
}
