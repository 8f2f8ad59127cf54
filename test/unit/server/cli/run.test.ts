import { expect, test } from "vitest";
import { mibOf } from "../../../../server/cli/run/size.ts";
import { allowedGpus } from "../../../../server/cli/run/visible-gpus.ts";
import { bodyOf, nameOf } from "../../../../server/cli/run/wish.ts";
import { createLineage } from "../../../../server/jobs/lineage.ts";

test.each([
  ["14GB", 14_336],
  ["14 GiB", 14_336],
  ["9.5g", 9728],
  ["800", 800],
  ["14336MiB", 14_336],
  ["1T", 1_048_576],
  ["0.001M", 1],
  ["0", null],
  ["-1GB", null],
  ["14kB", null],
  ["much", null],
  ["", null],
  ["99999999G", null],
])("CLI-4 %s is so many MiB of VRAM", (text, mib) => {
  expect(mibOf(text)).toBe(mib);
});

test.each([
  [["python", "generate.py", "--seed", "3"], "python generate.py"],
  [["/venv/bin/python3.11", "-u", "/work/a b.py"], "python3.11 a b.py"],
  [["python", "-m", "trainer.run", "x"], "python trainer.run"],
  [["accelerate", "launch", "--num_processes", "2", "train.py"], "accelerate train.py"],
  [["./llama-cli", "-m", "model.gguf"], "llama-cli"],
  [["bash"], "bash"],
])("CLI-2b %j is known by its program and script", (command, name) => {
  expect(nameOf(command)).toBe(name);
});

test("CLI-2b peaks are learned under profile, label or name, and a figure goes before", () => {
  const wish = {
    peakMiB: undefined,
    gpus: 1,
    label: undefined,
    profile: undefined,
    command: ["python", "a.py"],
  };
  expect(bodyOf(wish, "me")).toEqual({
    ...{ label: "python a.py", asker: "me", gpus: 1 },
    signature: { host: "run", kind: "python a.py" },
  });
  expect(bodyOf({ ...wish, label: "mine", peakMiB: 5 }, undefined)).toMatchObject({
    ...{ label: "mine", peakMiB: 5, signature: { kind: "mine" } },
  });
  expect(bodyOf({ ...wish, profile: "wan" }, undefined)).toEqual({
    label: "python a.py",
    profile: "wan",
    gpus: 1,
  });
});

const like = [
  { index: 0, uuid: "GPU-aaaaaaaa", name: "RTX 4090" },
  { index: 1, uuid: "GPU-bbbbbbbb", name: "RTX 4090" },
];
const unlike = [...like, { index: 2, uuid: "GPU-cccccccc", name: "RTX 3060" }];
test.each([
  ["", like, { ok: true, indexes: null }],
  ["1", like, { ok: true, indexes: [1] }],
  [" 1, 0 ,1", like, { ok: true, indexes: [1, 0] }],
  ["GPU-bbbb", unlike, { ok: true, indexes: [1] }],
  ["0,1", unlike, { ok: false, why: "order", named: "0,1" }],
  ["3", like, { ok: false, why: "unknown-gpu", named: "3" }],
  ["-1", like, { ok: false, why: "unknown-gpu", named: "-1" }],
  ["MIG-123", like, { ok: false, why: "unknown-gpu", named: "MIG-123" }],
])("CLI-1 CUDA_VISIBLE_DEVICES=%j leaves these GPUs to the program", (text, gpus, allowed) => {
  expect(allowedGpus({ CUDA_VISIBLE_DEVICES: text }, gpus)).toEqual(allowed);
  const byBus = allowedGpus({ CUDA_VISIBLE_DEVICES: text, CUDA_DEVICE_ORDER: "PCI_BUS_ID" }, gpus);
  expect(byBus).toEqual(text === "0,1" ? { ok: true, indexes: [0, 1] } : allowed);
});

test("CLI-2b a process is of the job that it has come from, also when what stood between them has ended", () => {
  const parents = new Map([
    [10, { parent: 1, startTime: "1" }],
    [11, { parent: 10, startTime: "2" }],
    [12, { parent: 11, startTime: "3" }],
    [20, { parent: 1, startTime: "4" }],
  ]);
  const lineage = createLineage((pid) => {
    const found = parents.get(pid);
    return found === undefined ? null : { name: "x", hasEnded: false, ...found };
  });
  const roots = new Set([10]);
  expect([10, 11, 12, 20, 99].map((pid) => lineage(pid, roots))).toEqual([10, 10, 10, 20, 99]);
  parents.set(12, { parent: 1, startTime: "3" });
  parents.delete(11);
  expect(lineage(12, roots)).toBe(10);
  // The number is another process's now, or the job has ended.
  expect(lineage(12, new Set())).toBe(12);
  parents.set(12, { parent: 1, startTime: "9" });
  expect(lineage(12, roots)).toBe(12);
});
