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

test("REL-16 what an idle model gives back, the next job in it takes again: beside that no more can start", () => {
  const look = { totalGib: 48, usedGib: 29.7, holders: [["python3 main.py", 29.3]] as [string, number][] };
  const [profile] = machine([look]).known?.profiles ?? [];
  if (profile === undefined) throw new Error("no profile");
  const after = (needsMiB: number, residentsMiB: number) => {
    const shown = gpu(0, look);
    const pid = shown.processes?.[0]?.pid ?? 0;
    const resident = { backend: null, pid, name: "python3 main.py", state: "idle" } as const;
    const own = { ...promise(look), residents: [{ ...resident, nextJob: { fits: 1, needsMiB } }] };
    const fit = {
      ...{ gpu: shown, promise: own, canStart: 1, inResidents: 1, perJobMiB: 13_420 },
      ...{ reserveMiB: 256, residentsMiB, running: 0 },
    };
    const of = { perGpu: [fit], promises: [own], profile: { ...profile, gpus: 1 }, canStart: 1 };
    return canStartAfter(of, 28_400);
  };
  expect(after(39_079, 9000)).toBe(1);
  expect(after(30_003, 0)).toBe(2);
});
