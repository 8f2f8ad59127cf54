import type { Problem } from "../../shared/problems/problem.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import type { SampleSource } from "./source.ts";

/** How the source is, as viewers see it. */
export interface SourceStatus {
  state(): SourceState;
  set(patch: Partial<SourceState>): void;
  /** Samples come. @param driverVersion `null`: this one did not tell */
  setLive(problem: Problem | null, driverVersion: string | null): void;
  /** A recording is played in another way. */
  setReplay(): void;
  /** Something beside the sampling that viewers should know of; shown while samples come and nothing worse is wrong. */
  warn(problem: Problem | null): void;
}

/** @param tell told whenever it has changed */
export function createSourceStatus(
  source: Pick<SampleSource, "kind" | "replay" | "ownIntervalMs">,
  demoReason: SourceState["demoReason"],
  intervalMs: number,
  publish: (state: SourceState) => void,
): SourceStatus {
  let aside: Problem | null = null;
  let own: Problem | null = null;
  let state: SourceState = {
    kind: source.kind,
    status: "starting",
    demoReason,
    problem: null,
    intervalMs,
    driverVersion: null,
  };

  function set(patch: Partial<SourceState>) {
    const next = { ...state, ...patch };
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    publish(state);
  }

  function setReplay() {
    const replay = source.replay?.() ?? null;
    if (replay !== null) set({ replay, intervalMs: source.ownIntervalMs?.() ?? state.intervalMs });
  }

  return {
    state: () => state,
    set,
    setReplay,
    setLive(problem, driverVersion) {
      own = problem;
      if (state.status !== "live") setReplay();
      set({ status: "live", problem: own ?? aside, driverVersion: driverVersion ?? state.driverVersion });
    },
    warn(problem) {
      aside = problem;
      if (state.status === "live") set({ problem: own ?? aside });
    },
  };
}
