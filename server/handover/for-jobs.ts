import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import { dueMs, type Leaving, mayLeave, releaseOf } from "./leaving.ts";
import type { HandoverSettings, HandoverState, Lack, Resident, Seen } from "./model.ts";

/**
 * Who leaves for the first waiting job that this can help: idle the longest first, as few as suffice, one after the
 * other (policy 8). It is announced before, since the job waits anyway. Pure.
 */
export function forJobs(
  state: HandoverState,
  seen: Seen,
  settings: HandoverSettings,
  nowMs: number,
): Leaving | null {
  const dueOf = new Map(
    seen.backends
      .filter((one) => mayLeave(one, settings))
      .map(({ id }) => [id, dueMs(id, state, settings, settings.jobIdleMs)] as const),
  );
  for (const lack of seen.lacks) {
    // Those who may be asked now, else all who may be asked some time: it is told when.
    const now = wayFor(lack, seen, state, (id) => (dueOf.get(id) ?? Number.POSITIVE_INFINITY) <= nowMs);
    const way = now ?? wayFor(lack, seen, state, (id) => dueOf.has(id));
    const [first] = way ?? [];
    if (first === undefined) continue;
    const act = releaseOf(first, "job", { forWhom: lack.backend, label: lack.label });
    const dueFirstMs = dueOf.get(first) ?? Number.POSITIVE_INFINITY;
    return { act, atMs: Math.max(dueFirstMs, announcedMs(state, first, nowMs) + settings.noticeMs) };
  }
  return null;
}

/** Since when it is announced that this one will leave. */
function announcedMs({ notice }: HandoverState, backend: string, nowMs: number): number {
  return notice?.backend === backend ? notice.sinceMs : nowMs;
}

/** The backends that would have to leave; `null`: not even all of them are enough. */
function wayFor(
  lack: Lack,
  seen: Seen,
  { backends }: HandoverState,
  may: (backend: string) => boolean,
): string[] | null {
  const idleMs = ({ backend }: Resident) => backends.get(backend ?? "")?.idleSinceMs ?? 0;
  const byIdle = (a: Resident, b: Resident) => idleMs(a) - idleMs(b);
  const ways = lack.missing.flatMap(({ gpu, mib }) => {
    const able = seen.residents.filter(
      (one) =>
        one.gpu === gpu &&
        one.pid !== lack.pid &&
        one.backend !== lack.backend &&
        one.backend !== null &&
        one.idleSinceMs !== null &&
        one.heldMiB > CONTEXT_MIB &&
        may(one.backend),
    );
    const who = fewest(able.sort(byIdle), mib);
    return who === null ? [] : [who];
  });
  if (ways.length < lack.gpuCount) return null;
  const chosen = ways.sort((a, b) => a.length - b.length).slice(0, lack.gpuCount);
  return [...new Set(chosen.flat().flatMap(({ backend }) => backend ?? []))];
}

/** @param able those who have been idle longest first */
function fewest(able: readonly Resident[], mib: number): Resident[] | null {
  let missing = mib;
  const chosen: Resident[] = [];
  for (const one of able) {
    if (missing <= 0) break;
    chosen.push(one);
    missing -= one.heldMiB - CONTEXT_MIB;
  }
  if (missing > 0) return null;
  // A later one may make an earlier one needless.
  return chosen.filter(({ heldMiB }) => {
    const without = missing + heldMiB - CONTEXT_MIB;
    if (without > 0) return true;
    missing = without;
    return false;
  });
}
