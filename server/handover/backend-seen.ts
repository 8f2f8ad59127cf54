import type { BackendState } from "../../shared/release/backend.ts";
import type { BackendSeen, Lack, Resident } from "./model.ts";

interface Around {
  residents: readonly Resident[];
  lacks: readonly Lack[];
  /** Who has let others have the card in mid-job. */
  away: ReadonlySet<string>;
  tellsBusyWhenAsked: boolean;
  parks: boolean;
}

/**
 * Whether a backend works, as it says; where it says nothing, and an unload would spare what runs or wait for it, or it
 * tells when it is asked (which it is before anything is asked of it), what its processes on the GPUs do. Else nobody
 * can tell, which counts as busy. A queue is work, unless nothing runs and its next job waits here for room: that one has
 * not begun, and would wait in vain for others who wait for what its own backend holds. Pure.
 */
export function busyNow(
  { id, busy, queue, reachable, duringJob }: BackendState,
  { residents, lacks, tellsBusyWhenAsked }: Pick<Around, "residents" | "lacks" | "tellsBusyWhenAsked">,
): boolean | null {
  if (reachable !== true) return null;
  const waitsHere = lacks.some(({ backend }) => backend === id);
  if (busy !== null) return busy || ((queue ?? 0) > 0 && !waitsHere);
  if (duringJob !== "spared" && duringJob !== "deferred" && !tellsBusyWhenAsked) return null;
  const own = residents.filter(({ backend }) => backend === id);
  return own.length === 0 ? null : own.some(({ idleSinceMs }) => idleSinceMs === null);
}

export function backendSeen(state: BackendState, around: Around): BackendSeen {
  const { id, reachable, modes, givesNothing, canLoad } = state;
  return {
    ...{ id, canLoad, parks: around.parks, gaveWay: around.away.has(id) },
    busy: busyNow(state, around),
    canRelease: reachable === true && modes.length > 0 && !givesNothing,
  };
}
