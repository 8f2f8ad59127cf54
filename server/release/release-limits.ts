import type { PatienceTimings, ReleaseTimings } from "../timings.ts";

/** How long a release waits for what. */
export interface ReleaseLimits extends ReleaseTimings {
  /** How long VRAM may take to begin to fall after an accepted call. Drivers and backends lag by seconds. */
  patienceMs: number;
  /** Time between two status calls. */
  statusIntervalMs: number;
  /** How long to wait for answers that may never come. */
  patience: PatienceTimings;
}
