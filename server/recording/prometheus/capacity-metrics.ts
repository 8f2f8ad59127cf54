import type { CapacityState, State } from "../../../shared/protocol/state.ts";
import { gpuLabels } from "./gpu-metrics.ts";
import { bytes, gauge, type Known, type Metric } from "./metric.ts";

type OnGpu = CapacityState["perGpu"][number];

/** The recommended concurrency and the figures that it rests on, for the sidecar's own profile. Pure. */
export function capacityMetrics({ capacity, gpus, jobs }: State): (Metric | null)[] {
  const { profile } = capacity;
  const each = (value: (gpu: OnGpu) => number | null): Known[] =>
    capacity.perGpu.flatMap((one): Known[] => {
      const gpu = gpus.find(({ index }) => index === one.index);
      return gpu === undefined ? [] : [[{ ...gpuLabels(gpu), profile }, value(one)]];
    });
  const count = (state: "running" | "waiting") => jobs.filter((job) => job.state === state).length;
  return [
    gauge(
      "capacity_can_start",
      "Jobs of the profile that may start now on the GPU.",
      each((gpu) => gpu.canStart),
    ),
    gauge(
      "capacity_recommended_max",
      "Recommended maximum concurrency on the GPU.",
      each((gpu) => gpu.recommendedMax),
    ),
    gauge(
      "capacity_running",
      "Jobs that run on the GPU, whether declared or inferred.",
      each((gpu) => gpu.running),
    ),
    gauge(
      "capacity_promised_bytes",
      "VRAM that running jobs will still take.",
      each((gpu) => bytes(gpu.promisedMiB)),
    ),
    gauge(
      "capacity_reserve_bytes",
      "VRAM that is kept away from jobs.",
      each((gpu) => bytes(gpu.reserveMiB)),
    ),
    gauge(
      "capacity_reclaimable_bytes",
      "VRAM that a release of idle models would bring, by estimate.",
      each((gpu) => bytes(gpu.reclaimableMiB)),
    ),
    gauge(
      "capacity_per_job_bytes",
      "VRAM that one more job of the profile takes.",
      each((gpu) => bytes(gpu.perJobMiB)),
    ),
    gauge("capacity_total_can_start", "Jobs of the profile that may start now on all GPUs together.", [
      [{ profile }, capacity.canStart],
    ]),
    gauge("capacity_total_recommended_max", "Recommended maximum concurrency of all GPUs together.", [
      [{ profile }, capacity.recommendedMax],
    ]),
    gauge("jobs", "Declared jobs that run or wait.", [
      [{ state: "running" }, count("running")],
      [{ state: "waiting" }, count("waiting")],
    ]),
  ];
}
