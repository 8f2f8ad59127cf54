import { expect, test } from "vitest";
import { canStartAfter } from "../../../../client/panel/release/can-start-after.ts";
import { gpu, machine, promise } from "../../../gallery/fixtures.ts";

const looks = [
  { totalGib: 24, usedGib: 20 },
  { totalGib: 24, usedGib: 20 },
];

function capacityOf(reclaimable: (number | null)[]) {
  const [profile] = machine(looks).known?.profiles ?? [];
  if (profile === undefined) throw new Error("no profile");
  const promises = looks.map((look, i) => ({ ...promise(look), reclaimableMiB: reclaimable[i] ?? null }));
  const perGpu = looks.map((look, i) => ({
    ...{ gpu: gpu(i, look), promise: promises[i] ?? promise(look), canStart: 0, inResidents: 0 },
    ...{ perJobMiB: 12_000, reserveMiB: 256, residentsMiB: 0, running: 0 },
  }));
  return { perGpu, promises, profile: { ...profile, gpus: 1 }, canStart: 0 } as const;
}

test("REL-16 what could start after a release is told where it is known on which GPU VRAM comes back, and only there", () => {
  expect(canStartAfter(capacityOf([18_000, null]), 18_000)).toBe(1);
  expect(canStartAfter(capacityOf([18_000, 18_000]), 36_000)).toBe(2);
  expect(canStartAfter(capacityOf([null, null]), 36_000)).toBeNull();
  expect(canStartAfter(capacityOf([18_000, null]), null)).toBeNull();
});
