import { expect, test } from "vitest";
import { evidenceOf, NO_LISTS, type Surroundings } from "../../../../server/capacity/evidence/from-sample.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

const ASKED: Surroundings = {
  sampledMs: 1000,
  listsAsked: true,
  listFailed: false,
  readHost: () => ({ memoryTotalMiB: 120_000, memoryAvailableMiB: 100_000 }),
};
const process = (pid: number, usedMiB: number | null) => ({ pid, name: "python", usedMiB });
const gpu = (more: Partial<Gpu>): Gpu =>
  gpuWith({ memoryTotalMiB: 24_564, memoryUsedMiB: 1000, memoryFreeMiB: 23_104, processes: [], ...more });
const one = (more: Partial<Gpu>, before = NO_LISTS, around = ASKED) =>
  evidenceOf([gpu(more)], before, around).evidence[0];

test("CAP-4 CAP-36 a GPU that tells no VRAM, is lost or cut in slices proves nothing", () => {
  for (const more of [{ memoryFreeMiB: null }, { memoryUsedMiB: null }, { lost: true }, { mig: true }])
    expect(one(more)).toBeUndefined();
  expect(one({})).toMatchObject({ totalMiB: 24_564, driverMiB: 460, usedMiB: 1000 });
});

test("CAP-12 a GPU that shares the host's memory is reckoned with the host's", () => {
  const unified = { name: "NVIDIA GB10", memoryTotalMiB: null, memoryUsedMiB: null, memoryFreeMiB: null };
  expect(one(unified)).toMatchObject({ totalMiB: 120_000, driverMiB: 0, usedMiB: 20_000 });
});

test("CAP-58 a list that names nobody explains an empty GPU, and hides a full one until the machine has told once", () => {
  expect(one({})?.list.kind).toBe("fresh");
  const full = { memoryUsedMiB: 9000, memoryFreeMiB: 15_104 };
  expect(one(full)?.list.kind).toBe("hidden");
  expect(one({ ...full, processes: [process(1, null)] })?.list.kind).toBe("hidden");
  const told = evidenceOf([gpu({ processes: [process(1, 900)] })], NO_LISTS, ASKED).memory;
  expect(one(full, told)?.list.kind).toBe("fresh");
  expect(one({ ...full, processes: null }, told)?.list.kind).toBe("not-read");
  expect(one({ ...full, processes: null }, told, { ...ASKED, listFailed: true })?.list.kind).toBe("hidden");
  expect(one({ processes: null }, NO_LISTS, { ...ASKED, listsAsked: false })?.list.kind).toBe("not-read");
});

test("CAP-20b a list that is newer than its sample counts beside what no list ever names", () => {
  const first = evidenceOf([gpu({})], NO_LISTS, ASKED).memory;
  const listed = [process(1, 8000)];
  expect(one({ processes: listed }, first)?.usedMiB).toBe(9000);
  const next = evidenceOf([gpu({ processes: listed })], first, ASKED).memory;
  // Whoever looks once more, because a job or a backend brought news, has still the sample of before.
  const again = evidenceOf([gpu({ processes: listed })], next, ASKED);
  expect(again.evidence[0]).toMatchObject({ usedMiB: 9000, list: { kind: "not-read" } });
  expect(again.memory).toEqual(next);
  // Once a sample shows it too, nothing is counted twice.
  const seen = { processes: listed, memoryUsedMiB: 9000, memoryFreeMiB: 15_104 };
  expect(one(seen, next, { ...ASKED, sampledMs: 2000 })).toMatchObject({
    usedMiB: 9000,
    list: { kind: "not-read" },
  });
});
