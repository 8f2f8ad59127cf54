import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeOn, changesOfOthers, type GpuProcesses } from "../../../../server/release/attribute.ts";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";

const mib = fc.nat({ max: 100_000 });
const figure = fc.option(mib, { nil: null });
const BACKENDS = ["comfyui", "ollama"] as const;

/** A PID is of one program: its name and its backend are its own. */
const processOf = (pid: number, usedMiB: number | null, backend?: string): GpuProcess => ({
  pid,
  name: `p${pid}`,
  usedMiB,
  ...(backend === undefined ? {} : { backend }),
});
const owner = (pid: number) => (pid % 3 === 0 ? undefined : BACKENDS[pid % 2]);
const processes = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), figure), { selector: ([pid]) => pid, maxLength: 6 })
  .map((list) => list.map(([pid, usedMiB]) => processOf(pid, usedMiB, owner(pid))));
const gpus = fc
  .array(fc.option(processes, { nil: null }), { maxLength: 4 })
  .map((lists) => lists.map((list, index): GpuProcesses => ({ index, processes: list })));

const one = (...list: GpuProcess[]): GpuProcesses[] => [{ index: 0, processes: list }];

describe("whose a change is", () => {
  test("REL-12 between two moments that are the same nothing has changed, whatever is known", () => {
    fc.assert(
      fc.property(gpus, fc.constantFrom(...BACKENDS), (same, backend) => {
        expect(changesOfOthers(same, same, backend)).toEqual([]);
      }),
    );
  });

  test("REL-12 a process that is known to be the backend's is never another's", () => {
    fc.assert(
      fc.property(gpus, gpus, fc.constantFrom(...BACKENDS), (before, after, backend) => {
        for (const { pid } of changesOfOthers(before, after, backend)) expect(owner(pid)).not.toBe(backend);
      }),
    );
  });

  test("REL-12 with the backend's process known, own changes and others' add up to what the processes changed", () => {
    const known = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), mib), {
      selector: ([pid]) => pid,
      maxLength: 6,
    });
    const list = known.map((pairs) => pairs.map(([pid, used]) => processOf(pid, used, owner(pid))));
    fc.assert(
      fc.property(list, list, mib, (earlier, later, ownMiB) => {
        const before = one(...earlier, processOf(100, ownMiB, "comfyui"));
        const after = one(...later, processOf(100, 0, "comfyui"));
        const total = (side: GpuProcesses[], ofBackend: boolean) =>
          side
            .flatMap((gpu) => gpu.processes ?? [])
            .filter((process) => (process.backend === "comfyui") === ofBackend)
            .reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);
        const changes = changesOfOthers(before, after, "comfyui");
        expect(changeOn(changes, 0)).toBe(total(after, false) - total(before, false));
        expect(changes.every(({ changedMiB }) => changedMiB !== 0)).toBe(true);
      }),
    );
  });

  test("REL-12 backwards in time each change is the opposite, with the backend's process known", () => {
    fc.assert(
      fc.property(gpus, gpus, (before, after) => {
        const known = (side: GpuProcesses[]): GpuProcesses[] => [
          ...side,
          { index: 99, processes: [processOf(100, 1, "comfyui")] },
        ];
        const signature = (from: GpuProcesses[], to: GpuProcesses[], sign: number) =>
          changesOfOthers(known(from), known(to), "comfyui")
            .map(({ gpu, pid, changedMiB }) => `${gpu} ${pid} ${sign * changedMiB}`)
            .sort();
        const both = before.filter(({ index }) => after.some((gpu) => gpu.index === index));
        const same = after.filter(({ index }) => before.some((gpu) => gpu.index === index));
        expect(signature(same, both, -1)).toEqual(signature(both, same, 1));
      }),
    );
  });

  test("REL-12 where no process is known to be the backend's, what shrank may be it, and only growth is told apart", () => {
    fc.assert(
      fc.property(gpus, gpus, (before, after) => {
        for (const { changedMiB } of changesOfOthers(before, after, "nobody")) {
          expect(changedMiB).toBeGreaterThan(0);
        }
      }),
    );
    const before = one(processOf(3, 18_000), processOf(6, 2000));
    const after = one(processOf(6, 21_500), processOf(9, 700));
    expect(changesOfOthers(before, after, "comfyui")).toEqual([
      { gpu: 0, pid: 6, name: "p6", changedMiB: 19_500 },
      { gpu: 0, pid: 9, name: "p9", changedMiB: 700 },
    ]);
  });
});

describe("what is not known", () => {
  test("REL-12 a figure or a list that is not known, before or after, tells of no change", () => {
    const used = processOf(3, 500);
    const hidden = processOf(3, null);
    const pairs: [GpuProcesses[], GpuProcesses[]][] = [
      [one(hidden), one(used)],
      [one(used), one(hidden)],
      [[{ index: 0, processes: null }], one(used)],
      [one(used), [{ index: 0, processes: null }]],
      [one(used), []],
      [[], one(used)],
    ];
    for (const [before, after] of pairs) expect(changesOfOthers(before, after, "comfyui")).toEqual([]);
  });

  test("REL-12 one that came with a hidden figure is unknown; one whose name is hidden is told by what is known", () => {
    expect(changesOfOthers(one(), one(processOf(3, null)), "comfyui")).toEqual([]);
    const nameless = { pid: 3, name: null, usedMiB: 900 };
    expect(changesOfOthers(one(processOf(3, 100)), one(nameless), "comfyui")).toMatchObject([{ name: "p3" }]);
    expect(changesOfOthers(one(), one(nameless), "comfyui")).toMatchObject([{ name: null, changedMiB: 900 }]);
  });
});

describe("several GPUs", () => {
  test("REL-12 one PID on two GPUs is told for each, and counted on its own GPU alone", () => {
    const on = (first: number, second: number): GpuProcesses[] => [
      { index: 0, processes: [processOf(3, first)] },
      { index: 1, processes: [processOf(3, second)] },
    ];
    const changes = changesOfOthers(on(100, 200), on(600, 1200), "comfyui");
    expect([0, 1, 2].map((gpu) => changeOn(changes, gpu))).toEqual([500, 1000, 0]);
  });

  test("REL-12 the backend known on one GPU is enough to tell the others apart on every one", () => {
    const before: GpuProcesses[] = [
      { index: 0, processes: [processOf(1, 9000, "comfyui")] },
      { index: 1, processes: [processOf(3, 5000)] },
    ];
    const after: GpuProcesses[] = [
      { index: 0, processes: [processOf(1, 400, "comfyui")] },
      { index: 1, processes: [] },
    ];
    expect(changesOfOthers(before, after, "comfyui")).toEqual([
      { gpu: 1, pid: 3, name: "p3", changedMiB: -5000 },
    ]);
  });

  test("REL-12 a child of the backend that starts or ends meanwhile is the backend's, by either list", () => {
    const child = processOf(2, 3000, "comfyui");
    expect(changesOfOthers(one(), one(child), "comfyui")).toEqual([]);
    expect(changesOfOthers(one(child), one(), "comfyui")).toEqual([]);
    // Its lineage could be read once and then no more.
    expect(changesOfOthers(one(child), one(processOf(2, 100)), "comfyui")).toEqual([]);
  });
});
