import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGpuRow } from "../../../../server/sampling/parse-gpu-row.ts";
import { type ColumnKey, chooseColumns } from "../../../../server/sampling/query.ts";
import { numRuns } from "../../../helpers/seeds.ts";
import { corpusLines, corpusNames } from "./corpus.ts";
import { figuresOf, rowOf } from "./row-of.ts";

const all = chooseColumns(new Set());
const IDENTITY: readonly ColumnKey[] = ["timestamp", "index", "uuid", "name"];
const UNKNOWN = [
  "[N/A]",
  "N/A",
  "[Not Supported]",
  "[Unknown Error]",
  "[GPU requires reset]",
  "[Insufficient Permissions]",
  "[Requested functionality has been deprecated]",
  "",
];

describe("rows of any driver", () => {
  test("SMP-3 blank lines and headers are nothing; every recorded error is a sentence, word for word", () => {
    for (const line of [
      "",
      "   ",
      "\t",
      all.map(({ field }) => field).join(", "),
      "timestamp [x], index, rest",
    ]) {
      expect(parseGpuRow(line, all).kind).toBe("nothing");
    }
    for (const line of corpusNames(/^err-/).flatMap(corpusLines)) {
      expect(parseGpuRow(line, all)).toEqual({ kind: "sentence", text: line.trim() });
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (line) => void parseGpuRow(line, all)));
  });

  test("SMP-2 a total of 0 makes every figure of the memory unknown, and so does a figure below zero", () => {
    const rowWith = (total: string, used: string) => {
      const cells: Partial<Record<ColumnKey, string>> = { index: "0", memoryTotal: total, memoryUsed: used };
      return figuresOf(rowOf(all.map(({ key }) => cells[key] ?? "[N/A]").join(", "), all));
    };
    expect(rowWith("0", "512")).toMatchObject({ memoryTotalMiB: null, memoryUsedMiB: null });
    expect(rowWith("1024", "-1")).toMatchObject({ memoryTotalMiB: 1024, memoryUsedMiB: null });
  });

  const name = fc.stringMatching(/^[A-Za-z0-9(][A-Za-z0-9(),./ "-]{0,40}[A-Za-z0-9)]$/).map((text) =>
    // nvidia-smi prints a comma with one space, and so the cells of a name come out again.
    text.replace(/\s*,\s*/g, ", ").replace(/(?:, )+/g, ", "),
  );
  const figure = fc.nat({ max: 200_000 });
  const cell = fc.oneof(
    figure.map((value) => ({ text: String(value), value })),
    fc.constantFrom(...UNKNOWN).map((text) => ({ text, value: null })),
  );

  test("SMP-1 SMP-2 any mix of known and unknown cells and any name: each figure is its own or null, never 0", () => {
    const figures = all.filter(({ key }) => !IDENTITY.includes(key)).map(({ key }) => key);
    const cells = fc.array(cell, { minLength: figures.length, maxLength: figures.length });
    fc.assert(
      fc.property(cells, name, fc.nat({ max: 63 }), (made, gpuName, index) => {
        const of = (key: ColumnKey) => made[figures.indexOf(key)] ?? { text: "", value: null };
        const line = all.map(({ key }) => {
          if (key === "timestamp") return "2026/01/02 03:04:05.678";
          if (key === "index") return String(index);
          return key === "uuid" ? "GPU-aa" : key === "name" ? gpuName : of(key).text;
        });
        const row = rowOf(line.join(", "), all);
        expect([row.index, row.uuid, row.name]).toEqual([index, "GPU-aa", gpuName]);
        const total = of("memoryTotal").value;
        const memory = (key: ColumnKey) => (total === 0 ? null : of(key).value);
        expect(figuresOf(row)).toEqual({
          memoryTotalMiB: total === 0 ? null : total,
          memoryUsedMiB: memory("memoryUsed"),
          memoryFreeMiB: memory("memoryFree"),
          utilizationGpuPct: of("utilizationGpu").value,
          temperatureC: of("temperature").value,
          powerDrawW: of("powerDraw").value,
          memoryReservedMiB: of("memoryReserved").value,
          utilizationMemoryPct: of("utilizationMemory").value,
          powerLimitW: of("powerLimit").value,
          fanPct: of("fan").value,
        });
      }),
    );
  });

  test("SMP-1 SMP-3 rubbish in as many cells as a row has never throws, and no figure is NaN or infinite", () => {
    const rubbish = fc.oneof(
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll(",", ";").replace(/[\r\n]/g, " ")),
      fc.constantFrom("1e999", "-0", "--1", "0x", ".5", "5.", "NaN", "Infinity", "１２", "1 2"),
    );
    fc.assert(
      fc.property(fc.array(rubbish, { minLength: all.length - 2, maxLength: all.length + 3 }), (cells) => {
        const parsed = parseGpuRow(["t", "1", ...cells.slice(2)].join(", "), all);
        if (parsed.kind !== "row") return;
        for (const value of Object.values(figuresOf(parsed.row))) {
          expect(value === null || Number.isFinite(value)).toBe(true);
        }
      }),
      { numRuns: numRuns(500) },
    );
  });

  test("SMP-3 a row that was cut anywhere before its name is no row", () => {
    const line = all
      .map(({ key }) => (key === "name" ? "NVIDIA L40S" : key === "uuid" ? "GPU-aa" : "12345"))
      .join(", ");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: line.lastIndexOf(",") }), (at) => {
        expect(parseGpuRow(line.slice(0, at), all).kind).not.toBe("row");
      }),
    );
  });

  test("SMP-3 a row of nothing but errors behind its time is a lost row, not a sentence", () => {
    for (const token of ["[Unknown Error]", "[GPU is lost]", "[Insufficient Permissions]"]) {
      const line = all.map(({ key }) => (key === "timestamp" ? "2026/01/02 03:04:05.678" : token)).join(", ");
      expect(parseGpuRow(line, all).kind).toBe("lost-row");
    }
  });
});
