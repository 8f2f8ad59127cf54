import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDemoGpus, toDemoRow } from "../../../../server/sampling/demo/machine.ts";
import {
  applyProcesses,
  applyTick,
  forgetReadings,
  type KnownGpu,
} from "../../../../server/sampling/gpu-list.ts";
import type { GpuRow } from "../../../../server/sampling/gpu-row.ts";
import { parseGpuRow } from "../../../../server/sampling/parse-gpu-row.ts";
import { chooseColumns } from "../../../../server/sampling/query.ts";
import { UNKNOWN_READING } from "../../../../shared/gpu/gpu.ts";

const [demo] = createDemoGpus(1);
if (demo === undefined) throw new Error("no demo GPU");
const row = (index: number): GpuRow => ({ ...toDemoRow(demo, index, 0), uuid: `GPU-${index}` });
const readingsOf = ({ gpu }: KnownGpu) =>
  Object.keys(UNKNOWN_READING).map((key) => Object.entries(gpu).find(([name]) => name === key)?.[1]);

describe("the list of GPUs", () => {
  test("SMP-11 no GPU ever leaves the list, each is in it once, and the answering ones show what they answered", () => {
    const ticks = fc.array(fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 8 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(ticks, (list) => {
        let known: KnownGpu[] = [];
        const seen = new Set<string>();
        for (const indexes of list) {
          known = applyTick(known, indexes.map(row));
          for (const index of indexes) seen.add(`GPU-${index}`);
          const uuids = known.map(({ gpu }) => gpu.uuid);
          expect(new Set(uuids)).toEqual(seen);
          expect(uuids).toHaveLength(seen.size);
          for (const one of known) {
            const answers = indexes.includes(one.gpu.index);
            expect(readingsOf(one).every((value) => value === null)).toBe(!answers);
            if (answers) expect(one.gpu.lost).toBe(false);
          }
        }
      }),
    );
  });

  test("SMP-11 a GPU whose row says nothing but its index is that GPU, with unknown readings, and not a new one", () => {
    const columns = chooseColumns(new Set());
    const parsed = parseGpuRow(
      columns
        .map(({ key }) =>
          key === "timestamp" ? "2026/01/02 03:04:05.678" : key === "index" ? "1" : "[Unknown Error]",
        )
        .join(", "),
      columns,
    );
    if (parsed.kind !== "row") throw new Error("a row has an index");
    const known = applyTick([], [row(0), row(1)]);
    const after = applyTick(known, [row(0), parsed.row]);
    expect(after.map(({ gpu }) => gpu.uuid)).toEqual(["GPU-0", "GPU-1"]);
    expect(after[1]?.gpu).toMatchObject({ name: row(1).name, memoryUsedMiB: null, temperatureC: null });
  });

  test("SMP-11 a GPU that tells its UUID only later is the one that stood at its index, and not a second one", () => {
    const first = applyTick(
      [],
      [row(0), { ...row(1), uuid: "index-1", name: "GPU 1", reading: UNKNOWN_READING }],
    );
    const after = applyTick(first, [row(0), row(1)]);
    expect(after.map(({ gpu }) => [gpu.uuid, gpu.lost])).toEqual([
      ["GPU-0", false],
      ["GPU-1", false],
    ]);
    // Where no GPU has a UUID (Jetson), the index is who it is.
    const jetson = [{ ...row(0), uuid: "index-0" }];
    expect(applyTick(applyTick([], jetson), jetson).map(({ gpu, missed }) => [gpu.uuid, missed])).toEqual([
      ["index-0", 0],
    ]);
  });

  test("SMP-11 a GPU whose rows say nothing but its index does not answer: at the second it is lost, until it does", () => {
    const nothing: GpuRow = {
      ...row(1),
      uuid: "index-1",
      name: "GPU 1",
      memoryTotalMiB: null,
      reading: UNKNOWN_READING,
    };
    const ticks = [
      [row(0), row(1)],
      [row(0), nothing],
      [row(0), nothing],
      [row(0), row(1)],
    ];
    const lost: boolean[] = [];
    let known: KnownGpu[] = [];
    for (const tick of ticks) {
      known = applyTick(known, tick);
      lost.push(known[1]?.gpu.lost === true);
      expect(known.map(({ gpu }) => gpu.uuid)).toEqual(["GPU-0", "GPU-1"]);
    }
    expect(lost).toEqual([false, false, true, false]);
  });

  test("SMP-11 in a new order of indexes each GPU keeps its processes and its place is its index", () => {
    const processes = [{ pid: 5, name: "a", usedMiB: 1 }];
    const before = applyProcesses(applyTick([], [row(0), row(1)]), new Map([["GPU-1", processes]]));
    const swapped = applyTick(before, [
      { ...row(0), uuid: "GPU-1" },
      { ...row(1), uuid: "GPU-0" },
    ]);
    expect(swapped.map(({ gpu }) => [gpu.index, gpu.uuid, gpu.processes])).toEqual([
      [0, "GPU-1", processes],
      [1, "GPU-0", []],
    ]);
  });

  test("SMP-12 readings are forgotten, what the GPU is stays", () => {
    const [before] = applyProcesses(
      applyTick([], [row(3)]),
      new Map([["GPU-3", [{ pid: 1, name: "a", usedMiB: 2 }]]]),
    );
    const [after] = forgetReadings(before === undefined ? [] : [before]);
    expect(after?.gpu).toEqual({ ...before?.gpu, ...UNKNOWN_READING, processes: null });
  });

  test("SMP-14e a GPU without processes has none, a failed query and a lost GPU leave them unknown", () => {
    const known = applyTick(applyTick(applyTick([], [row(0), row(1), row(2)]), [row(0), row(1)]), [
      row(0),
      row(1),
    ]);
    const found = applyProcesses(
      known,
      new Map([
        ["GPU-1", [{ pid: 7, name: null, usedMiB: null }]],
        ["GPU-2", []],
      ]),
    );
    expect(found.map(({ gpu }) => gpu.processes)).toEqual([
      [],
      [{ pid: 7, name: null, usedMiB: null }],
      null,
    ]);
    expect(applyProcesses(known, null).map(({ gpu }) => gpu.processes)).toEqual([null, null, null]);
  });

  test("SMP-19b two rows of one UUID are two GPUs, and the number of one that has left belongs to the one that has it now", () => {
    const twins = [row(0), { ...row(1), uuid: "GPU-0" }];
    const known = applyTick(applyTick([], twins), twins);
    expect(known.map(({ gpu }) => [gpu.index, gpu.uuid, gpu.lost])).toEqual([
      [0, "GPU-0", false],
      [1, "index-1", false],
    ]);
    const both = applyTick([], [{ ...row(0), uuid: "GPU-outside" }, row(1)]);
    const left = applyTick(both, [{ ...row(0), uuid: "GPU-1" }]);
    expect(left.map(({ gpu }) => [gpu.index, gpu.uuid])).toEqual([
      [0, "GPU-1"],
      [1, "GPU-outside"],
    ]);
    const back = applyTick(left, [{ ...row(0), uuid: "GPU-outside" }, row(1)]);
    expect(back.map(({ gpu }) => [gpu.index, gpu.uuid])).toEqual([
      [0, "GPU-outside"],
      [1, "GPU-1"],
    ]);
  });

  test("SMP-18 SMP-19c one that must be reset keeps its total, and one that tells nothing any more does not answer", () => {
    const silent = { ...row(1), memoryTotalMiB: null, reading: UNKNOWN_READING };
    const known = applyTick([], [row(0), row(1)]);
    const total = known[1]?.gpu.memoryTotalMiB;
    expect(total).toBeGreaterThan(0);
    const stuck = applyTick(known, [row(0), { ...silent, trouble: "gpu-needs-reset" }]);
    expect(stuck[1]?.gpu).toMatchObject({ needsReset: true, lost: false, memoryTotalMiB: total });
    expect(applyTick(stuck, [row(0), row(1)])[1]?.gpu.needsReset).toBeUndefined();
    const twice = (tick: GpuRow[]) => applyTick(applyTick(known, tick), tick)[1]?.gpu;
    expect(twice([row(0), silent])).toMatchObject({ lost: true, memoryTotalMiB: total });
    expect(twice([row(0), { ...row(1), trouble: "gpu-lost" }])).toMatchObject({ lost: true });
  });
});
