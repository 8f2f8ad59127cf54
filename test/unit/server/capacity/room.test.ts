import { expect, test } from "vitest";
import { type GpuNow, type GpuView, heldBy, type Lease, roomOn } from "../../../../server/capacity/room.ts";

const lease = (peakMiB: number, more: Partial<Lease> = {}): Lease => ({
  peakMiB,
  pid: null,
  backend: null,
  usedBeforeMiB: null,
  startedAtMs: 0,
  seconds: null,
  ...more,
});
const gpu = (...views: GpuView[]): GpuNow => ({
  index: 0,
  totalMiB: 48_000,
  reserveMiB: 2000,
  usedMiB: null,
  views,
});
const listed = (...processes: [pid: number, usedMiB: number | null, backend?: string][]): GpuView => ({
  by: "process",
  freeMiB: 20_000,
  processes: processes.map(([pid, usedMiB, backend]) => ({
    pid,
    name: null,
    usedMiB,
    ...(backend === undefined ? {} : { backend }),
  })),
});

test("CAP-25 what a job holds is known by its process, else by its backend's; else nothing is taken off its promise", () => {
  const view = listed([1, 9000], [2, 4000, "comfyui"], [3, 5000, "comfyui"], [4, null]);
  const jobs = [
    lease(10_000, { pid: 1 }),
    lease(8000, { backend: "comfyui" }),
    lease(7000, { pid: 4 }),
    lease(6000, { pid: 99 }),
    lease(5000),
  ];
  expect(heldBy(view, jobs)).toEqual([9000, 9000, null, null, null]);
  expect(roomOn(gpu(view), jobs)).toMatchObject({
    promisedMiB: 1000 + 7000 + 6000 + 5000,
    availableMiB: 20_000 - 19_000 - 2000,
    possibleMiB: 46_000,
  });
});

test("CAP-25 two jobs of one process share what it holds, and none counts it twice", () => {
  const jobs = [lease(10_000, { pid: 1, backend: "comfyui" }), lease(10_000, { backend: "comfyui" })];
  expect(heldBy(listed([1, 12_000, "comfyui"]), jobs)).toEqual([10_000, 2000]);
  expect(heldBy(listed([1, 30_000, "comfyui"]), jobs)).toEqual([20_000, 10_000]);
  expect(roomOn(gpu(listed([1, 30_000, "comfyui"])), jobs)?.promisedMiB).toBe(0);
});

test("CAP-25 where no process is told, jobs hold at most what was added since the first of them was admitted", () => {
  const grown: GpuView = { by: "growth", freeMiB: 20_000, usedMiB: 28_000 };
  const jobs = [lease(10_000, { usedBeforeMiB: 15_000 }), lease(10_000, { usedBeforeMiB: 20_000 })];
  expect(heldBy(grown, jobs)).toEqual([10_000, 3000]);
  expect(heldBy({ ...grown, usedMiB: 1000 }, jobs)).toEqual([0, 0]);
  expect(heldBy(grown, [lease(10_000)])).toEqual([null]);
  expect(heldBy({ by: "nothing", freeMiB: 20_000 }, jobs)).toEqual([null, null]);
});

test("CAP-25 of several views the one that finds most room counts; CAP-26 without any there is none", () => {
  const jobs = [lease(10_000, { pid: 1 })];
  const best = roomOn(gpu({ by: "nothing", freeMiB: 20_000 }, listed([1, 10_000])), jobs);
  expect(best).toMatchObject({ availableMiB: 18_000, promisedMiB: 0 });
  expect(roomOn(gpu(), [])).toBeNull();
  expect(roomOn({ ...gpu(listed()), totalMiB: null }, [])).toBeNull();
  expect(roomOn(gpu({ by: "nothing", freeMiB: 90_000 }), [])?.freeMiB).toBe(48_000);
});

test("CAP-25 what unmarked jobs gave back since the last list is no room by free VRAM alone, nor twice by processes", () => {
  const regained = { ...gpu({ by: "nothing", freeMiB: 30_000 }), unmarkedMiB: 3500, regainedMiB: 18_000 };
  expect(roomOn(regained, [])).toMatchObject({ promisedMiB: 21_500, availableMiB: 6500 });
  expect(roomOn({ ...regained, views: [listed([1, 36_000])] }, [])).toMatchObject({ promisedMiB: 3500 });
});
