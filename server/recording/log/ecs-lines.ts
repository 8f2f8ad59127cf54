import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import type { ReleaseRecord } from "../../../shared/release/record.ts";

/** Version of the Elastic Common Schema that the field names are from. */
const ECS_VERSION = "8.11.0";
/** How every line, and so every log of ours, begins. */
export const ECS_BEGINS = '{"@timestamp":"';
const BYTES_PER_MIB = 1024 * 1024;

/** Who writes the log. */
export interface EcsSource {
  hostName: string;
  version: string;
}

/**
 * One JSON line per GPU by the Elastic Common Schema; figures that it has no name for stand under `gpu_status_panel`,
 * in bytes, ratios of 1, degrees Celsius and watts. What is not reported is left out. Pure.
 */
export function ecsSampleLines(atMs: number, gpus: readonly Gpu[], source: EcsSource): string {
  return gpus
    .map((gpu) =>
      line(atMs, source, { kind: "metric", dataset: "gpu_status_panel.gpu" }, { gpu: gpuFields(gpu) }),
    )
    .join("");
}

/** One JSON line for a release that has ended. Pure. */
export function ecsReleaseLine(record: ReleaseRecord, source: EcsSource): string {
  const { id, startedAt, finishedAt, state, mode, freedMiB, problem, parts, late } = record;
  return line(
    finishedAt,
    source,
    {
      kind: "event",
      dataset: "gpu_status_panel.release",
      action: "vram-release",
      outcome: state === "done" ? "success" : "failure",
      duration: (finishedAt - startedAt) * 1_000_000,
      reason: problem,
    },
    {
      release: {
        id,
        mode,
        freed_bytes: freedMiB === null ? null : freedMiB * BYTES_PER_MIB,
        ...(late === undefined
          ? {}
          : { late_bytes: late.freedMiB * BYTES_PER_MIB, late_seconds: late.seconds }),
        backends: parts.map(({ backend }) => backend),
      },
    },
  );
}

/** One JSON line for a declared job that has ended. Pure. */
export function ecsJobLine(job: Job, peakMiB: number | null, source: EcsSource): string {
  const { id, label, profile, state, gpus, startedAt, endedAt, requestedAt } = job;
  return line(
    endedAt ?? requestedAt,
    source,
    {
      kind: "event",
      dataset: "gpu_status_panel.job",
      action: "job-end",
      outcome: state === "done" ? "success" : state === "failed" ? "failure" : "unknown",
      duration: startedAt === null || endedAt === null ? null : (endedAt - startedAt) * 1_000_000,
    },
    {
      job: {
        id,
        label,
        profile,
        state,
        gpus,
        reserved_bytes: job.peakMiB * BYTES_PER_MIB,
        peak_bytes: peakMiB === null ? null : peakMiB * BYTES_PER_MIB,
      },
    },
  );
}

function gpuFields(gpu: Gpu) {
  return {
    index: gpu.index,
    uuid: gpu.uuid,
    name: gpu.name,
    lost: gpu.lost,
    memory: {
      used_bytes: bytes(gpu.memoryUsedMiB),
      total_bytes: bytes(gpu.memoryTotalMiB),
      free_bytes: bytes(gpu.memoryFreeMiB),
    },
    utilization_ratio: gpu.utilizationGpuPct === null ? null : gpu.utilizationGpuPct / 100,
    temperature_celsius: gpu.temperatureC,
    power_watts: gpu.powerDrawW,
    throttle: gpu.throttle,
  };
}

const bytes = (mib: number | null) => (mib === null ? null : mib * BYTES_PER_MIB);

function line(
  atMs: number,
  { hostName, version }: EcsSource,
  event: Record<string, unknown>,
  own: Record<string, unknown>,
): string {
  const document = {
    "@timestamp": new Date(atMs).toISOString(),
    ecs: { version: ECS_VERSION },
    event: { module: "gpu_status_panel", ...event },
    host: { name: hostName },
    service: { type: "gpu-status-panel", name: "gpu-status-panel", version },
    gpu_status_panel: own,
  };
  return `${JSON.stringify(document, (_, value: unknown) => (value === null ? undefined : value))}\n`;
}
