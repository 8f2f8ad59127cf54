import { expect, test } from "vitest";
import { createEstimator } from "../../../../server/capacity/estimator.ts";
import { BUILT_IN_PROFILES } from "../../../../shared/capacity/built-in-profiles.ts";
import { DEFAULT_RESERVE } from "../../../../shared/capacity/concurrency.ts";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import { gpusAt } from "../../client/store/small-sidecar.ts";

function promiseOf(usedMiB: number, processes: GpuProcess[] | null) {
  const estimator = createEstimator({
    profiles: BUILT_IN_PROFILES,
    store: { load: () => [], append: () => {} },
    jobs: () => [],
    backends: () => [],
    epochMs: 0,
    reserve: DEFAULT_RESERVE,
    isWsl: false,
    readHost: () => ({ memoryTotalMiB: null, memoryAvailableMiB: null, memoryLimitMiB: null }),
  });
  const gpus = gpusAt(1, ["GPU-a"]).map((gpu) => ({
    ...gpu,
    memoryTotalMiB: 49_140,
    memoryUsedMiB: usedMiB,
    memoryFreeMiB: 49_140 - usedMiB,
    processes,
  }));
  estimator.sample({ seq: 1, tMs: 1000, gpus });
  return estimator.promises().map(({ running, promisedMiB }) => ({ running, promisedMiB }));
}

test("CAP-4 VRAM that is held by processes which nvidia-smi does not show: what they will take is not known, not 0", () => {
  const unknown = [{ running: null, promisedMiB: null }];
  expect(promiseOf(30_000, null)).toEqual(unknown);
  expect(promiseOf(30_000, [])).toEqual(unknown);
  expect(promiseOf(30_000, [{ pid: 1, name: "python", usedMiB: 400 }])).toEqual(unknown);
  expect(promiseOf(30_000, [{ pid: 1, name: "python", usedMiB: null }])).toEqual(unknown);
  expect(promiseOf(500, [])).toEqual([{ running: 0, promisedMiB: 0 }]);
});
