import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Handover } from "../../shared/handover/handover.ts";
import type { Alert } from "../../shared/health/alert.ts";
import type { HistoryRow } from "../../shared/history/row.ts";
import type { Job } from "../../shared/jobs/job.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { Hello } from "../../shared/protocol/messages.ts";
import type { Fits, GpuPromise, HostState, SourceState } from "../../shared/protocol/state.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import type { Found } from "../../shared/release/found.ts";
import type { Release } from "../../shared/release/release.ts";
import type { Run } from "../../shared/timeline/run.ts";
import type { ConnectionStatus } from "../connection/source.ts";

/** What is known once the sidecar has said hello. */
export interface Known {
  bootId: string;
  version: string;
  capabilities: Hello["capabilities"];
  source: SourceState;
  /** Other hosts may be shown beside this one. */
  inGroup?: boolean;
  gpus: readonly Gpu[];
  host: HostState;
  backends: readonly BackendState[];
  /** Not set up, but found on this machine. */
  found: readonly Found[];
  release: Release;
  /** Who leaves the card and who holds it; `handoverSchema` reads it. */
  handover?: Handover;
  jobs: readonly Job[];
  /** Red lines that are crossed, oldest first. */
  alerts: readonly Alert[];
  /** In the order of the GPUs. */
  promises: readonly GpuPromise[];
  /** By profile: how many such jobs may start. */
  fits: Fits;
  /** What runs on each GPU, and what ended lately. */
  runs: readonly Run[];
  profiles: readonly Profile[];
  /** Epoch milliseconds of `tMs` = 0, by the sidecar's clock. */
  epochMs: number;
  rows: readonly HistoryRow[];
  /** While the page is hidden and gets no samples: what its title says (`titleFigures`); `null` otherwise. */
  title: readonly (number | null)[] | null;
  /** Newest sample, ms since the sidecar's epoch. */
  tMs: number;
}

/** Everything a panel shows. */
export interface PanelState {
  connection: { status: ConnectionStatus; problem: Problem | null };
  /** `null` before the first hello. */
  known: Known | null;
}

export const INITIAL_STATE: PanelState = { connection: { status: "connecting", problem: null }, known: null };
