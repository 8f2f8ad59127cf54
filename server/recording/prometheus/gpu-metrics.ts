import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { bytes, gauge, type Known, type Metric, ratio } from "./metric.ts";

type Labels = Readonly<Record<string, string>>;

/** What every metric of one GPU is labelled with. */
export function gpuLabels({ index, uuid, name }: Pick<Gpu, "index" | "uuid" | "name">): Labels {
  return { gpu: String(index), uuid, name };
}

/** What the driver reports of each GPU. Pure. */
export function gpuMetrics(gpus: readonly Gpu[]): (Metric | null)[] {
  const each = (value: (gpu: Gpu) => number | boolean | null): Known[] =>
    gpus.map((gpu) => [gpuLabels(gpu), value(gpu)]);
  return [
    gauge(
      "gpu_lost",
      "1 when the GPU was there and no longer answers.",
      each(({ lost }) => lost),
    ),
    gauge(
      "vram_total_bytes",
      "VRAM of the GPU.",
      each((gpu) => bytes(gpu.memoryTotalMiB)),
    ),
    gauge(
      "vram_used_bytes",
      "VRAM in use by the driver's count.",
      each((gpu) => bytes(gpu.memoryUsedMiB)),
    ),
    gauge(
      "vram_free_bytes",
      "VRAM that is free by the driver's count.",
      each((gpu) => bytes(gpu.memoryFreeMiB)),
    ),
    gauge(
      "vram_reserved_bytes",
      "VRAM that the driver and firmware keep for themselves.",
      each((gpu) => bytes(gpu.memoryReservedMiB)),
    ),
    gauge(
      "gpu_utilization_ratio",
      "Share of the time in which a kernel ran.",
      each((gpu) => ratio(gpu.utilizationGpuPct)),
    ),
    gauge(
      "memory_utilization_ratio",
      "Share of the time in which VRAM was read or written; not the share in use.",
      each((gpu) => ratio(gpu.utilizationMemoryPct)),
    ),
    gauge(
      "gpu_temperature_celsius",
      "Temperature of the GPU.",
      each((gpu) => gpu.temperatureC),
    ),
    gauge(
      "gpu_power_watts",
      "Power draw of the board.",
      each((gpu) => gpu.powerDrawW),
    ),
    gauge(
      "gpu_power_limit_watts",
      "Power limit of the board.",
      each((gpu) => gpu.powerLimitW),
    ),
    gauge(
      "gpu_fan_ratio",
      "Fan speed as a share of the highest.",
      each((gpu) => ratio(gpu.fanPct)),
    ),
    gauge(
      "gpu_throttled",
      "1 for each reason for which the GPU is slowed down at present.",
      gpus.flatMap((gpu) => (gpu.throttle ?? []).map((reason): Known => [{ ...gpuLabels(gpu), reason }, 1])),
    ),
    gauge(
      "compute_processes",
      "Compute processes that nvidia-smi lists.",
      each((gpu) => gpu.processes?.length ?? null),
    ),
  ];
}
