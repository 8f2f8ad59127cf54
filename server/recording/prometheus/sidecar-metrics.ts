import { SEVERITIES, type Severity } from "../../../shared/health/alert.ts";
import type { State } from "../../../shared/protocol/state.ts";
import { isReleasing } from "../../../shared/release/release.ts";
import { bytes, counter, gauge, type Metric } from "./metric.ts";
import type { Counts } from "./tally.ts";

/** What the sidecar knows of itself at the moment of a scrape. */
export interface SidecarFigures {
  version: string;
  startedAtMs: number;
  /** Epoch milliseconds of the newest sample; `null`: none yet. */
  lastSampleAtMs: number | null;
  residentMiB: number;
  cpuSeconds: number;
  viewers: number;
  /** Figures of the driver that no GPU can have. */
  implausible: number;
}

/** The sidecar itself: does it sample, what does it cost. Exported with every source, the demo too. Pure. */
export function sidecarMetrics(state: State, figures: SidecarFigures): (Metric | null)[] {
  const { kind, status, driverVersion } = state.source;
  const driver = driverVersion ?? "";
  return [
    gauge("info", "1, labelled with the panel's version, the kind of source and the driver.", [
      [{ version: figures.version, source: kind, driver }, 1],
    ]),
    gauge("source_up", "1 while samples come from the driver.", [[{ source: kind }, status === "live"]]),
    gauge("start_time_seconds", "When the sidecar started, in seconds since 1970.", [
      [{}, figures.startedAtMs / 1000],
    ]),
    gauge("sidecar_resident_memory_bytes", "Resident memory of the sidecar.", [
      [{}, bytes(figures.residentMiB)],
    ]),
    counter("sidecar_cpu_seconds_total", "Processor time of the sidecar.", [[{}, figures.cpuSeconds]]),
    gauge("viewers", "Panels that watch at present.", [[{}, figures.viewers]]),
  ];
}

/** Counters of what happened on the real machine since the start. Pure. */
export function eventMetrics(
  { release, alerts }: Pick<State, "release" | "alerts">,
  counts: Counts,
  { lastSampleAtMs, implausible }: Pick<SidecarFigures, "lastSampleAtMs" | "implausible">,
): (Metric | null)[] {
  const { done, failed, expired } = counts.jobsEnded;
  const alertsOf = (severity: Severity) => alerts.filter((alert) => alert.severity === severity).length;
  return [
    gauge(
      "alerts",
      "Red lines that are crossed at present, acknowledged and muted ones among them.",
      SEVERITIES.map((severity) => [{ severity }, alertsOf(severity)] as const),
    ),
    counter("samples_total", "Samples taken since the sidecar started.", [[{}, counts.samples]]),
    counter("implausible_figures_total", "Figures of the driver that no GPU can have, taken for unknown.", [
      [{}, implausible],
    ]),
    gauge("last_sample_timestamp_seconds", "When the newest sample was taken, in seconds since 1970.", [
      [{}, lastSampleAtMs === null ? null : lastSampleAtMs / 1000],
    ]),
    counter("jobs_ended_total", "Declared jobs that ended; expired ones sent no heartbeat any more.", [
      [{ outcome: "done" }, done],
      [{ outcome: "failed" }, failed],
      [{ outcome: "expired" }, expired],
    ]),
    counter("releases_total", "Releases that ended, by verdict.", [
      [{ verdict: "done" }, counts.releases.done],
      [{ verdict: "failed" }, counts.releases.failed],
    ]),
    counter("released_bytes_total", "VRAM that releases gave back, measured by the samples.", [
      [{}, bytes(counts.releasedMiB)],
    ]),
    gauge("release_last_freed_bytes", "What the last release gave back; negative when VRAM grew.", [
      [{}, bytes(counts.lastFreedMiB)],
    ]),
    gauge("release_in_progress", "1 from the click on Release VRAM to the verdict.", [
      [{}, isReleasing(release)],
    ]),
  ];
}
