import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHistory } from "../../../../server/history/history.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { HISTORY_STRIDE, HISTORY_WINDOW_MS } from "../../../../shared/history/row.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

/** A GPU whose figures tell which one it is and when. */
function gpu(id: number, seq: number): Gpu {
  return gpuWith({
    index: id,
    uuid: `GPU-${id}`,
    memoryTotalMiB: 100_000,
    memoryUsedMiB: id * 1000 + seq,
    memoryFreeMiB: 0,
    utilizationGpuPct: id,
    temperatureC: seq,
  });
}
const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 });

describe("history", () => {
  test("HIS-1 whatever GPUs join, leave or change places, each column is of the GPU that stands there now", () => {
    fc.assert(
      fc.property(fc.array(order, { minLength: 1, maxLength: 15 }), (orders) => {
        const history = createHistory();
        for (const [i, ids] of orders.entries()) {
          history.append({ seq: i + 1, tMs: i * 2000, gpus: ids.map((id) => gpu(id, i + 1)) });
        }
        const now = orders.at(-1) ?? [];
        for (const row of history.since(0, HISTORY_WINDOW_MS)) {
          expect(row.values).toHaveLength(now.length * HISTORY_STRIDE);
          // A GPU that was away for a while has lost its older figures; never does it show another's.
          for (const [position, id] of now.entries()) {
            const used = row.values[position * HISTORY_STRIDE];
            const was = orders[row.seq - 1]?.includes(id) === true;
            expect(used === null || (was && used === id * 1000 + row.seq)).toBe(true);
            const stayed = orders.slice(row.seq - 1).every((ids) => ids.includes(id));
            if (stayed) expect(used).toBe(id * 1000 + row.seq);
          }
        }
      }),
    );
  });

  test("HIS-1 a GPU that joins in front changes the columns of what is already there", () => {
    const history = createHistory();
    history.append({ seq: 1, tMs: 1000, gpus: [gpu(1, 7)] });
    history.append({ seq: 2, tMs: 2000, gpus: [gpu(0, 7), gpu(1, 7)] });
    const rows = history.since(0, HISTORY_WINDOW_MS);
    expect(rows.map(({ values }) => values.length)).toEqual([8, 8]);
    expect(rows[0]?.values.slice(0, 4)).toEqual([null, null, null, null]);
    expect(rows[0]?.values[4]).toBe(1007);
    expect(rows[1]?.values[4]).toBe(1007);
    expect(history.since(1, HISTORY_WINDOW_MS).map(({ seq }) => seq)).toEqual([2]);
    expect(history.since(0, 500).map(({ seq }) => seq)).toEqual([2]);
  });

  test("HIS-1b it goes back 15 minutes and no further, at any rate", () => {
    for (const everyMs of [200, 1000, 5000]) {
      const history = createHistory();
      const count = Math.ceil((20 * 60_000) / everyMs);
      for (let i = 0; i <= count; i++) history.append({ seq: i + 1, tMs: i * everyMs, gpus: [gpu(0, 1)] });
      const rows = history.since(0, HISTORY_WINDOW_MS);
      const newest = count * everyMs;
      expect(rows.at(-1)?.tMs).toBe(newest);
      expect(rows[0]?.tMs).toBeGreaterThanOrEqual(newest - HISTORY_WINDOW_MS);
      expect(rows[0]?.tMs).toBeLessThan(newest - HISTORY_WINDOW_MS + everyMs + 1000);
      expect(rows.length).toBeLessThanOrEqual(901);
    }
  });

  test("WIRE-1b what is asked for since a sample holds every newer one, and nothing from before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3000 }), fc.nat({ max: 60 }), (everyMs, since) => {
        const history = createHistory();
        for (let seq = 1; seq <= 60; seq++) history.append({ seq, tMs: seq * everyMs, gpus: [gpu(0, seq)] });
        const rows = history.since(since, HISTORY_WINDOW_MS);
        expect(rows.every(({ seq }) => seq > since)).toBe(true);
        const covered = rows.flatMap(({ fromSeq, seq }) =>
          Array.from({ length: seq - fromSeq + 1 }, (_, i) => fromSeq + i),
        );
        const newer = Array.from({ length: 60 - since }, (_, i) => since + 1 + i);
        expect(covered).toEqual(expect.arrayContaining(newer));
        expect(covered).toHaveLength(new Set(covered).size);
      }),
    );
    expect(createHistory().since(0, HISTORY_WINDOW_MS)).toEqual([]);
  });
});
