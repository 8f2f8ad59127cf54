import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Alert } from "../../shared/health/alert.ts";
import type { Job } from "../../shared/jobs/job.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import type { Found } from "../../shared/release/found.ts";
import { IDLE_RELEASE } from "../../shared/release/release.ts";
import type { PanelState } from "./panel-state.ts";

const NO_GPUS: readonly Gpu[] = [];

export const selectGpus = ({ known }: PanelState) => known?.gpus ?? NO_GPUS;
const NO_ALERTS: readonly Alert[] = [];
export const selectAlerts = ({ known }: PanelState) => known?.alerts ?? NO_ALERTS;
const NO_JOBS: readonly Job[] = [];
export const selectJobs = ({ known }: PanelState) => known?.jobs ?? NO_JOBS;
const NO_BACKENDS: readonly BackendState[] = [];
export const selectBackends = ({ known }: PanelState) => known?.backends ?? NO_BACKENDS;
const NOTHING_FOUND: readonly Found[] = [];
export const selectFound = ({ known }: PanelState) => known?.found ?? NOTHING_FOUND;
export const selectSource = ({ known }: PanelState) => known?.source ?? null;
export const selectRelease = ({ known }: PanelState) => known?.release ?? IDLE_RELEASE;
/** True while this viewer may release, and its word would arrive at once. */
export const selectMayRelease = ({ connection, known }: PanelState) =>
  connection.status === "live" && known?.capabilities.release.allowed === true;
export const selectConnection = ({ connection }: PanelState) => connection;

/** True before it is known which GPUs there are. */
export const selectWaiting = ({ connection, known }: PanelState) =>
  known === null
    ? connection.status === "connecting"
    : known.gpus.length === 0 && known.source.status === "starting";

/** True while the figures on the panel are of now: the first ones come before the connection. */
export const selectFresh = ({ connection: { status }, known }: PanelState) =>
  (status === "live" || status === "connecting") && known?.source.status === "live";
