import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import { dueMs, heldBy, mayLeave, releaseOf } from "./leaving.ts";
import type { HandoverSettings, HandoverState, Known, Planned, Seen } from "./model.ts";

/** After a load that failed it is tried again so many times `againMs` later. */
const LOAD_AGAIN = 10;

/** The card has been quiet: the backend that lives there is loaded again, and who is in its way leaves first. Pure. */
export function forHome(state: HandoverState, seen: Seen, settings: HandoverSettings): Planned | null {
  const { home, homeAfterMs, againMs } = settings;
  const here = seen.backends.find(({ id }) => id === home);
  const known = home === null ? undefined : state.backends.get(home);
  if (home === null || here === undefined || known === undefined) return null;
  if (!here.canLoad || state.quietSinceMs === null) return null;
  const quietMs = Math.max(
    state.quietSinceMs + homeAfterMs,
    known.loadAskedMs + LOAD_AGAIN * againMs,
    known.postponedUntilMs,
  );
  const { places } = known;
  const missingMiB = missingFor(home, known, seen);
  if (missingMiB <= 0) return { act: { do: "load", backend: home }, atMs: quietMs };
  const leavers = seen.backends
    .filter((one) => one.id !== home && mayLeave(one, settings))
    .map(({ id }) => ({
      id,
      heldMiB: heldBy(id, seen, places) - CONTEXT_MIB,
      atMs: dueMs(id, state, settings, homeAfterMs),
    }))
    .filter(({ heldMiB }) => heldMiB > 0)
    .sort((a, b) => a.atMs - b.atMs);
  const [first] = leavers;
  const allMiB = leavers.reduce((sum, { heldMiB }) => sum + heldMiB, 0);
  // Who cannot make enough room by leaving does not leave for it.
  if (first === undefined || allMiB < missingMiB) return null;
  const act = releaseOf(first.id, "home", { forWhom: home, label: null });
  return { act, atMs: Math.max(quietMs, first.atMs) };
}

/** What others would have to give back. Of one that was never seen to hold anything all that other backends have loaded. */
function missingFor(home: string, { places, mostMiB }: Known, seen: Seen): number {
  const others = seen.backends.filter(({ id }) => id !== home);
  if (mostMiB === 0)
    return others.reduce((sum, { id }) => sum + Math.max(0, heldBy(id, seen, places) - CONTEXT_MIB), 0);
  const freeMiB = seen.gpus
    .filter(({ gpu }) => places.length === 0 || places.includes(gpu))
    .reduce((sum, one) => sum + one.freeMiB, 0);
  return mostMiB - heldBy(home, seen, []) - freeMiB;
}
