import type { BackendState } from "../../../shared/release/backend.ts";

export type BackendDoing = "busy" | "idle" | "paused" | "unknown" | "unreachable" | "problem";

export function doingOf({ reachable, problem, busy, paused }: BackendState): BackendDoing {
  if (reachable === false) return "unreachable";
  if (problem !== null) return "problem";
  return busy === null ? "unknown" : busy ? "busy" : paused ? "paused" : "idle";
}

/** Tone of its dot; none is calm. */
export const DOT_OF: Readonly<Record<BackendDoing, "run" | "off" | "bad" | undefined>> = {
  busy: "run",
  idle: undefined,
  paused: "off",
  unknown: "off",
  unreachable: "bad",
  problem: "bad",
};

/** The one that is told of where there is room for one: what is wrong first, then who works. */
export function foremost(backends: readonly BackendState[]): BackendState | undefined {
  const rank: readonly BackendDoing[] = ["unreachable", "problem", "busy", "paused", "idle", "unknown"];
  return [...backends].sort((a, b) => rank.indexOf(doingOf(a)) - rank.indexOf(doingOf(b)))[0];
}
