import type { BackendState } from "../../../shared/release/backend.ts";

export type BackendDoing = "busy" | "idle" | "unknown" | "unreachable" | "problem";

export function doingOf({ reachable, problem, busy }: BackendState): BackendDoing {
  if (reachable === false) return "unreachable";
  if (problem !== null) return "problem";
  return busy === null ? "unknown" : busy ? "busy" : "idle";
}

/** Tone of its dot; none is calm. */
export const DOT_OF: Readonly<Record<BackendDoing, "run" | "off" | "bad" | undefined>> = {
  busy: "run",
  idle: undefined,
  unknown: "off",
  unreachable: "bad",
  problem: "bad",
};

/** The one that is told of where there is room for one: what is wrong first, then who works. */
export function foremost(backends: readonly BackendState[]): BackendState | undefined {
  const rank: readonly BackendDoing[] = ["unreachable", "problem", "busy", "idle", "unknown"];
  return [...backends].sort((a, b) => rank.indexOf(doingOf(a)) - rank.indexOf(doingOf(b)))[0];
}
