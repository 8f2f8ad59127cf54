import type { BackendState } from "../../shared/release/backend.ts";
import type { BackendSeen, Resident } from "./model.ts";

/**
 * Whether a backend works, as it says; where it says nothing, and an unload would spare what runs or wait for it, or it
 * tells when it is asked (which it is before anything is asked of it), what its processes on the GPUs do. Else nobody
 * can tell, which counts as busy. Pure.
 */
export function busyNow(
  { id, busy, queue, reachable, duringJob }: BackendState,
  tellsWhenAsked: boolean,
  residents: readonly Resident[],
): boolean | null {
  if (reachable !== true) return null;
  if (busy !== null) return busy || (queue ?? 0) > 0;
  if (duringJob !== "spared" && duringJob !== "deferred" && !tellsWhenAsked) return null;
  const own = residents.filter(({ backend }) => backend === id);
  return own.length === 0 ? null : own.some(({ idleSinceMs }) => idleSinceMs === null);
}

export function backendSeen(
  state: BackendState,
  tellsWhenAsked: boolean,
  residents: readonly Resident[],
  parks: boolean,
): BackendSeen {
  const { id, reachable, modes, givesNothing, canLoad, busy, queue } = state;
  return {
    ...{ id, canLoad, parks, onlyQueued: busy === false && (queue ?? 0) > 0 },
    busy: busyNow(state, tellsWhenAsked, residents),
    canRelease: reachable === true && modes.length > 0 && !givesNothing,
  };
}
