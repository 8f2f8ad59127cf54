import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTickAssembler, type Tick } from "../../../../server/sampling/assemble-tick.ts";
import { createDemoGpus, toDemoRow } from "../../../../server/sampling/demo/machine.ts";
import type { GpuRow } from "../../../../server/sampling/gpu-row.ts";

/** A row that remembers the tick it was printed in. */
function row(index: number, tick: number): GpuRow {
  const [gpu] = createDemoGpus(1);
  if (gpu === undefined) throw new Error("no demo GPU");
  return { ...toDemoRow(gpu, index, 0), driverVersion: String(tick) };
}
const tickOf = (tick: Tick) => tick.map(({ driverVersion, index }) => `${driverVersion}:${index}`);
const printed = (indexes: readonly number[], tick: number) => indexes.map((index) => `${tick}:${index}`);
const ascending = (least: number, minLength = 1) =>
  fc
    .uniqueArray(fc.integer({ min: least, max: 15 }), { minLength, maxLength: 8 })
    .map((list) => list.sort((a, b) => a - b));

describe("ticks", () => {
  test("SMP-3 SMP-11 SMP-11b GPUs come and go: no tick mixes two, none is out of order, and each is given out whole", () => {
    // GPU 0 always answers, so that where a tick begins can be told without a pause.
    const ticks = fc.array(
      ascending(1, 0).map((list) => [0, ...list]),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(ticks, (list) => {
        const assembler = createTickAssembler();
        const given = list.flatMap((indexes, tick) =>
          indexes.flatMap((index) => assembler.push(row(index, tick))),
        );
        const rest = assembler.flush();
        const all = rest === null ? given : [...given, rest];
        const owners = all.map((tick) => new Set(tick.map(({ driverVersion }) => Number(driverVersion))));
        for (const owner of owners) expect(owner.size).toBe(1);
        const order = owners.flatMap((owner) => [...owner]);
        expect(order).toEqual([...order].sort((a, b) => a - b));
        for (const [tick, indexes] of list.entries()) {
          const mine = all.filter(([first]) => first?.driverVersion === String(tick));
          expect(tickOf(mine.at(-1) ?? [])).toEqual(printed(indexes, tick));
          // Whatever was given out before is the beginning of the same tick.
          for (const early of mine)
            expect(tickOf(early)).toEqual(printed(indexes, tick).slice(0, early.length));
        }
      }),
    );
  });

  test("SMP-3 with a pause after each tick, any sequence of GPU lists comes out tick by tick", () => {
    fc.assert(
      fc.property(fc.array(ascending(0), { maxLength: 12 }), (list) => {
        const assembler = createTickAssembler();
        for (const [tick, indexes] of list.entries()) {
          const given = indexes.flatMap((index) => assembler.push(row(index, tick)));
          const rest = assembler.flush();
          const last = rest ?? given.at(-1) ?? [];
          expect(tickOf(last)).toEqual(printed(indexes, tick));
        }
        expect(assembler.flush()).toBeNull();
      }),
    );
  });

  test("SMP-3 a machine that does not change waits for nothing after its first tick", () => {
    fc.assert(
      fc.property(ascending(0), (indexes) => {
        const assembler = createTickAssembler();
        for (const index of indexes) assembler.push(row(index, 0));
        assembler.flush();
        for (let tick = 1; tick < 4; tick++) {
          const given = indexes.flatMap((index) => assembler.push(row(index, tick)));
          expect(given.map(tickOf)).toEqual([printed(indexes, tick)]);
        }
      }),
    );
  });
});
