import type { Release } from "../../../shared/release/release.ts";

/** More than a desktop takes without being listed, less than any video model; as the sidecar reckons, too. */
const UNEXPLAINED_MIB = 2048;

/**
 * VRAM that was in use after a release and that none of the listed processes holds (MiB); `null` where all is
 * explained, or where it cannot be told because the driver hides the sizes of the listed ones. Pure.
 */
export function heldUntoldMiB({ gpus, stillHeldBy }: Pick<Release, "gpus" | "stillHeldBy">): number | null {
  if (stillHeldBy.some(({ usedMiB }) => usedMiB === null)) return null;
  const used = gpus.reduce((sum, { afterMiB }) => sum + (afterMiB ?? 0), 0);
  const untold = used - stillHeldBy.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);
  return untold > UNEXPLAINED_MIB ? untold : null;
}
