import type { State } from "../../../shared/protocol/state.ts";
import { backendMetrics } from "./backend-metrics.ts";
import { capacityMetrics } from "./capacity-metrics.ts";
import { gpuMetrics } from "./gpu-metrics.ts";
import type { Metric } from "./metric.ts";
import { eventMetrics, type SidecarFigures, sidecarMetrics } from "./sidecar-metrics.ts";
import type { Counts } from "./tally.ts";

/**
 * Everything that is exported at one scrape. What is not known is left out. Of the demo GPU and of a replay only the
 * sidecar's own metrics are: a dashboard must not take a simulated card for a real one. While samples do not come, GPU
 * and capacity are left out, too, rather than shown as they were. So are backends while no panel watches, for they are
 * not asked then. Pure.
 */
export function metrics(state: State, counts: Counts, figures: SidecarFigures): Metric[] {
  const isReal = state.source.kind === "nvidia-smi";
  const isLive = isReal && state.source.status === "live";
  return [
    ...sidecarMetrics(state, figures),
    ...(isReal ? eventMetrics(state, counts, figures) : []),
    ...(isReal && figures.viewers > 0 ? backendMetrics(state.backends) : []),
    ...(isLive ? gpuMetrics(state.gpus) : []),
    ...(isLive ? capacityMetrics(state) : []),
  ].filter((metric) => metric !== null);
}
