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

test("CAP-4 before the processes were listed what they will take is not known, not 0", () => {
  expect(promiseOf(30_000, null)).toEqual([{ running: null, promisedMiB: null }]);
});

test("CAP-39 VRAM that is held where no process is told is a job's, that will take its peak; a desktop's is nobody's", () => {
  const job = [{ running: 1, promisedMiB: 49_140 - (30_000 - 4_096) }];
  expect(promiseOf(30_000, [])).toEqual(job);
  expect(promiseOf(30_000, [{ pid: 1, name: "python", usedMiB: null }])).toEqual(job);
  const nobody = [{ running: 0, promisedMiB: 0 }];
  expect(promiseOf(500, [])).toEqual(nobody);
  expect(promiseOf(3_000, [{ pid: 1, name: "explorer.exe", usedMiB: null }])).toEqual(nobody);
  // Where the machine tells of processes, what they do not explain is other programs'.
  expect(promiseOf(30_000, [{ pid: 1, name: "python", usedMiB: 400 }])).toEqual(nobody);
});
