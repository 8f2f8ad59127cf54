import { expect, test } from "vitest";
import type { Metric } from "../../../../server/recording/prometheus/metric.ts";
import { metrics } from "../../../../server/recording/prometheus/metrics.ts";
import { render } from "../../../../server/recording/prometheus/render.ts";
import { createTally } from "../../../../server/recording/prometheus/tally.ts";
import type { State } from "../../../../shared/protocol/state.ts";
import { IDLE_RELEASE } from "../../../../shared/release/release.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

const GPU = gpuWith({
  name: 'A "quoted" \\ card',
  memoryTotalMiB: 24_564,
  memoryUsedMiB: 1024,
  memoryFreeMiB: 23_080,
  utilizationGpuPct: 50,
  temperatureC: 41,
  memoryReservedMiB: 460,
  powerLimitW: 450,
  pstate: "P2",
  throttle: ["sw-power-cap"],
});
const STATE: State = {
  source: {
    kind: "nvidia-smi",
    status: "live",
    demoReason: null,
    problem: null,
    intervalMs: 1000,
    driverVersion: "595.71.05",
  },
  gpus: [
    GPU,
    { ...GPU, index: 1, uuid: "GPU-b", memoryTotalMiB: null, memoryUsedMiB: null, memoryFreeMiB: null },
  ],
  host: {
    name: "h",
    cpuCount: 2,
    load1: 1,
    memoryTotalMiB: 1,
    memoryAvailableMiB: 1,
    memoryLimitMiB: null,
    cpuLimit: null,
  },
  capacity: { profile: "wan", perGpu: [], recommendedMax: null, canStart: null },
  promises: [],
  fits: {},
  runs: [],
  backends: [],
  found: [],
  release: IDLE_RELEASE,
  alerts: [],
  jobs: [],
};
const FIGURES = {
  version: "1.2.3",
  startedAtMs: 1_700_000_000_000,
  lastSampleAtMs: null,
  residentMiB: 60,
  cpuSeconds: 1,
  implausible: 0,
  viewers: 0,
};
const namesOf = (all: readonly Metric[]) => all.map(({ name }) => name);
const exported = (state: State) => metrics(state, createTally().counts(), FIGURES);

test("MET-1 a figure that one GPU does not report is exported for the other alone, and not at all where none does", () => {
  const all = exported(STATE);
  const used = all.find(({ name }) => name === "gpu_panel_vram_used_bytes");
  expect(used?.samples).toEqual([
    { labels: { gpu: "0", uuid: "GPU-a", name: GPU.name }, value: 1024 * 1024 * 1024 },
  ]);
  expect(namesOf(all)).not.toContain("gpu_panel_gpu_power_watts");
  expect(namesOf(all)).not.toContain("gpu_panel_capacity_total_can_start");
  expect(namesOf(all)).not.toContain("gpu_panel_compute_processes");
});

test("MET-1b while samples do not come no figure of a GPU is exported, and that is", () => {
  const stale = exported({ ...STATE, source: { ...STATE.source, status: "stale" } });
  expect(namesOf(stale).filter((name) => /vram|gpu_panel_gpu_|capacity/.test(name))).toEqual([]);
  expect(stale.find(({ name }) => name === "gpu_panel_source_up")?.samples[0]?.value).toBe(0);
});

test("MET-1 backends are left out while nobody watches, for they are not asked then", () => {
  const backend: State["backends"][number] = {
    id: "comfyui",
    kind: "comfyui",
    url: null,
    reachable: true,
    problem: null,
    busy: null,
    queue: 0,
    models: [],
    allocator: null,
    parked: false,
    canLoad: false,
    givesNothing: false,
    modes: [],
    duringJob: "unknown",
  };
  const withBackend = { ...STATE, backends: [backend] };
  const counts = createTally().counts();
  const about = (viewers: number) =>
    namesOf(metrics(withBackend, counts, { ...FIGURES, viewers })).filter((name) => name.includes("backend"));
  expect(about(0)).toEqual([]);
  expect(about(1)).toEqual(["gpu_panel_backend_reachable", "gpu_panel_backend_queue_length"]);
});

test.each(["demo", "replay"] as const)("MET-2 of a %s only the sidecar itself is exported", (kind) => {
  expect(namesOf(exported({ ...STATE, source: { ...STATE.source, kind } }))).toEqual([
    "gpu_panel_info",
    "gpu_panel_source_up",
    "gpu_panel_start_time_seconds",
    "gpu_panel_sidecar_resident_memory_bytes",
    "gpu_panel_sidecar_cpu_seconds_total",
    "gpu_panel_viewers",
  ]);
});

test("MET-3 labels are escaped as the text format wants it", async () => {
  const { contentType, text } = await render(exported(STATE));
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain(
    String.raw`gpu_panel_gpu_utilization_ratio{gpu="0",uuid="GPU-a",name="A \"quoted\" \\ card"} 0.5`,
  );
});

test("MET-1 a release counts once, by what was measured; VRAM that grew is no negative count", () => {
  const tally = createTally();
  const ended = { id: "a", state: "done", finishedAt: 1, freedMiB: 1000 } as const;
  tally.release({ ...ended, state: "verifying", finishedAt: null });
  tally.release(ended);
  tally.release(ended);
  tally.release({ ...ended, id: "b", freedMiB: -200 });
  tally.release({ ...ended, id: "c", state: "failed", freedMiB: null });
  expect(tally.counts()).toMatchObject({
    releases: { done: 2, failed: 1 },
    releasedMiB: 1000,
    lastFreedMiB: -200,
  });
});
