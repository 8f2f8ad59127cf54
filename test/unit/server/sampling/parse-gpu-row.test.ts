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

  test("SMP-19 SMP-19c what no GPU can have is unknown and counted, and what is free is the rest where it is not told", () => {
    const rowWith = (cells: Partial<Record<ColumnKey, string>>) =>
      rowOf(all.map(({ key }) => ({ index: "0", ...cells })[key] ?? "[N/A]").join(", "), all);
    const memory = { memoryTotal: "1000", memoryUsed: "300", memoryReserved: "50" };
    expect(rowWith(memory).reading.memoryFreeMiB).toBe(650);
    expect(rowWith({ ...memory, memoryReserved: "[N/A]" }).reading.memoryFreeMiB).toBe(700);
    expect(rowWith({ ...memory, memoryFree: "600" }).reading.memoryFreeMiB).toBe(600);
    const rubbish = rowWith({
      memoryTotal: "4294967295",
      temperature: "65535",
      powerDraw: "429496.7",
      utilizationGpu: "300",
    });
    expect(Object.values(figuresOf(rubbish)).filter((value) => value !== null)).toEqual([]);
    expect(rubbish.implausible).toBe(4);
    expect(rowWith(memory).implausible).toBeUndefined();
    expect(rowWith({ name: "GeForce\u0007 \u001b[31m\uFFFD\uFFFD" }).name).toBe("GeForce   [31m");
    expect(rowWith({ name: "\uFFFD\uFFFD" }).name).toBe("GPU 0");
  });

  test("SMP-18 a GPU that must be reset, or is lost, says so in the place of its figures", () => {
    const troubleOf = (said: string) =>
      rowOf(
        all.map(({ key }) => (key === "index" ? "1" : IDENTITY.includes(key) ? "x" : said)).join(", "),
        all,
      ).trouble;
    expect(troubleOf("[GPU requires reset]")).toBe("gpu-needs-reset");
    expect(troubleOf("[GPU is lost]")).toBe("gpu-lost");
    expect(troubleOf("GPU is lost")).toBe("gpu-lost");
    expect(troubleOf("[Unknown Error]")).toBeUndefined();
  });

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
        const within = (key: ColumnKey, most: number) => {
          const { value } = of(key);
          return value === null || value > most ? null : value;
        };
        const most = total || Number.POSITIVE_INFINITY;
        const memory = (key: ColumnKey) => (total === 0 ? null : within(key, most));
        const [used, reserved] = [memory("memoryUsed"), within("memoryReserved", most)];
        const rest = total && used !== null ? Math.max(0, total - used - (reserved ?? 0)) : null;
        expect(figuresOf(row)).toEqual({
          memoryTotalMiB: total === 0 ? null : total,
          memoryUsedMiB: used,
          memoryFreeMiB: memory("memoryFree") ?? rest,
          utilizationGpuPct: within("utilizationGpu", 100),
          temperatureC: within("temperature", 200),
          powerDrawW: within("powerDraw", 10_000),
          memoryReservedMiB: reserved,
          utilizationMemoryPct: within("utilizationMemory", 100),
          powerLimitW: within("powerLimit", 10_000),
          fanPct: within("fan", 200),
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
