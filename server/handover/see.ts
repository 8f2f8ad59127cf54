import {
  type Act,
  type BackendSeen,
  COOLER_C,
  type HandoverSettings,
  type HandoverState,
  type Known,
  type Seen,
  UNKNOWN_BACKEND,
} from "./model.ts";

/** Takes a moment in: since when who works, who rests, and since when all is quiet. Pure. */
export function see(
  state: HandoverState,
  seen: Seen,
  { holdAboveC }: HandoverSettings,
  nowMs: number,
): HandoverState {
  const backends = new Map(
    seen.backends.map((backend) => {
      const before = state.backends.get(backend.id) ?? UNKNOWN_BACKEND;
      return [backend.id, known(before, backend, seen, nowMs)] as const;
    }),
  );
  const isQuiet = !seen.othersWork && seen.backends.every((backend) => !works(backend, seen));
  return {
    ...state,
    seen,
    backends,
    quietSinceMs: isQuiet ? (state.quietSinceMs ?? nowMs) : null,
    isHot: isHot(state.isHot, seen.hottestC, holdAboveC),
  };
}

/** It says so, or where it does not tell, its processes do. */
export function works({ id, busy }: BackendSeen, { residents }: Seen): boolean {
  if (busy !== null) return busy;
  return residents.some(({ backend, idleSinceMs }) => backend === id && idleSinceMs === null);
}

function known(before: Known, { id, busy }: BackendSeen, { residents }: Seen, nowMs: number): Known {
  const own = residents.filter(({ backend }) => backend === id);
  const heldMiB = own.reduce((sum, one) => sum + one.heldMiB, 0);
  return {
    ...before,
    busySinceMs: busy === true ? (before.busySinceMs ?? nowMs) : null,
    idleSinceMs: busy === false ? (before.idleSinceMs ?? nowMs) : null,
    ...(heldMiB > before.mostMiB ? { mostMiB: heldMiB } : {}),
    ...(own.length > 0 ? { places: [...new Set(own.map(({ gpu }) => gpu))] } : {}),
  };
}

/** Cool again some degrees lower, so that it does not come and go at the line. A card that tells no temperature is not hot. */
function isHot(wasHot: boolean, hottestC: number | null, aboveC: number | null): boolean {
  if (aboveC === null || hottestC === null) return false;
  return wasHot ? hottestC > aboveC - COOLER_C : hottestC > aboveC;
}

/** An act was begun: what it did is waited for, and whom it is for has the card from now on. Pure. */
export function noteAct(state: HandoverState, act: Act, nowMs: number): HandoverState {
  const backends = new Map(state.backends);
  const change = (id: string | null, patch: Partial<Known>) => {
    const before = id === null ? undefined : backends.get(id);
    if (id !== null && before !== undefined) backends.set(id, { ...before, ...patch });
  };
  if (act.do === "release") {
    change(act.backend, { askedMs: nowMs });
    change(act.forWhom, { turnSinceMs: nowMs });
  }
  if (act.do === "load") change(act.backend, { loadAskedMs: nowMs, turnSinceMs: nowMs });
  return { ...state, backends, actedMs: nowMs, notice: null };
}

/** Somebody says “not now” to what is announced for this backend. Pure. */
export function postpone(
  state: HandoverState,
  backend: string,
  { postponeMs }: HandoverSettings,
  nowMs: number,
): HandoverState {
  const before = state.backends.get(backend);
  if (before === undefined) return state;
  const backends = new Map(state.backends);
  backends.set(backend, { ...before, postponedUntilMs: nowMs + postponeMs });
  return { ...state, backends, notice: null };
}
