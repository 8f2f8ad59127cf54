import type { Problem } from "../../../shared/problems/problem.ts";
import type { Release, ReleaseMode } from "../../../shared/release/release.ts";

/** What came of asking a backend to unload. */
export type UnloadOutcome =
  | { kind: "accepted"; claim: Release["claim"] }
  /** `reached`: the backend may have acted all the same, so the samples are looked at. */
  | { kind: "failed"; problem: Problem; reached: boolean };

/** A generation backend that can be asked to unload its models. */
export interface Backend {
  readonly id: string;
  readonly kind: string;
  /** Modes it understands. */
  readonly modes: readonly ReleaseMode[];
  /** Asks it to unload. Never throws; ends when `signal` is aborted. */
  unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome>;
}
