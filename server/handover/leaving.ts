import type { BackendSeen, HandoverSettings, HandoverState, Reason, ReleaseAct, Seen } from "./model.ts";

/** Who would be asked to leave, and when. */
export interface Leaving {
  act: ReleaseAct;
  atMs: number;
}

export function releaseOf(
  backend: string,
  reason: Reason,
  { forWhom, label }: { forWhom: string | null; label: string | null },
): ReleaseAct {
  return { do: "release", backend, reason, forWhom, label };
}

/** Whether it can be asked to leave for another: its owner allows it, and it is known to be idle. */
export function mayLeave(backend: BackendSeen, settings: HandoverSettings): boolean {
  return backend.busy === false && backend.canRelease && isAllowed(backend, settings);
}

/** With a home everybody may be asked; not who could not work afterwards, unless it is loaded again or was named. */
function isAllowed({ id, parks }: BackendSeen, { home, onRequest }: HandoverSettings): boolean {
  if (onRequest.has(id) || id === home) return true;
  return home !== null && !parks;
}

/** When a backend that is idle may be asked to leave, by all rules of time. */
export function dueMs(
  id: string,
  { backends }: HandoverState,
  { minTurnMs, againMs }: HandoverSettings,
  idleMs: number,
): number {
  const known = backends.get(id);
  if (known === undefined || known.idleSinceMs === null) return Number.POSITIVE_INFINITY;
  return Math.max(
    known.idleSinceMs + idleMs,
    known.turnSinceMs + minTurnMs,
    known.askedMs + againMs,
    known.postponedUntilMs,
  );
}

/** What a backend's processes hold on these GPUs; none named: on all. */
export function heldBy(id: string, { residents }: Seen, gpus: readonly number[]): number {
  return residents
    .filter(({ backend, gpu }) => backend === id && (gpus.length === 0 || gpus.includes(gpu)))
    .reduce((sum, { heldMiB }) => sum + heldMiB, 0);
}
