import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFigure, parseNumber, parseText, parseThrottle } from "../../../server/sampling/parse-cell.ts";
import { parseGpuRow } from "../../../server/sampling/parse-gpu-row.ts";
import { parseProcessRow } from "../../../server/sampling/parse-process-row.ts";
import {
  type Column,
  type ColumnKey,
  chooseColumns,
  dropField,
  parseKnownFields,
} from "../../../server/sampling/query.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/nvidia-smi/${name}`, import.meta.url), "utf8");
const lines = (name: string) =>
  fixture(`corpus/${name}`)
    .split(/\r?\n/)
    .filter((line) => line !== "");

/** Columns as a capture has them; ones that we do not ask for stand under a key that nothing reads. */
function columns(...keys: (ColumnKey | "other")[]): Column[] {
  return keys.map((key) => ({ key: key === "other" ? "timestamp" : key, field: key }));
}
function rowOf(line: string, asked: Column[]) {
  const parsed = parseGpuRow(line, asked);
  if (parsed.kind !== "row") throw new Error(`no row: ${JSON.stringify(parsed)}`);
  return parsed.row;
}

const all = chooseColumns(new Set());
const UNKNOWN = [
  "[N/A]",
  "N/A",
  "[Not Supported]",
  "[Unknown Error]",
  "[GPU requires reset]",
  "[Insufficient Permissions]",
  "ERR!",
  "",
];
const cellFor = (key: ColumnKey, name: string) =>
  ({ timestamp: "2026/01/02 03:04:05.678", index: "3", uuid: "GPU-aa", name })[key as string] ?? "17";

describe("a row of the GPU query", () => {
  test("SMP-2 any name with commas and parentheses leaves every other figure readable", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9()./"-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const name = `NVIDIA ${words.join(", ")}`;
        const row = rowOf(all.map(({ key }) => cellFor(key, name)).join(", "), all);
        expect(row.name).toBe(name);
        expect(row).toMatchObject({
          index: 3,
          uuid: "GPU-aa",
          memoryTotalMiB: 17,
          reading: { temperatureC: 17 },
        });
      }),
    );
  });

  test("SMP-1 whatever is not reported is null, never 0, and costs the GPU nothing else", () => {
    const figures = all
      .filter(({ key }) => !["timestamp", "index", "uuid", "name"].includes(key))
      .map(({ key }) => key);
    fc.assert(
      fc.property(fc.subarray(figures), fc.constantFrom(...UNKNOWN), (unknown, token) => {
        const cells = all.map(({ key }) => (unknown.includes(key) ? token : cellFor(key, "A")));
        const { reading, memoryTotalMiB, details } = rowOf(cells.join(", "), all);
        const expected = (key: ColumnKey) => (unknown.includes(key) ? null : 17);
        expect(memoryTotalMiB).toBe(expected("memoryTotal"));
        expect(reading).toEqual({
          memoryUsedMiB: expected("memoryUsed"),
          memoryFreeMiB: expected("memoryFree"),
          utilizationGpuPct: expected("utilizationGpu"),
          temperatureC: expected("temperature"),
          powerDrawW: expected("powerDraw"),
        });
        expect(details.fanPct).toBe(expected("fan"));
      }),
    );
  });

  test("SMP-3 no text whatever throws, and nothing but a row is taken for one", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseGpuRow(text, all)));
    expect(parseGpuRow("", all).kind).toBe("nothing");
    expect(parseGpuRow(all.map(({ field }) => field).join(", "), all).kind).toBe("nothing");
    expect(parseGpuRow("timestamp, index [x], rest", all).kind).toBe("nothing");
    expect(parseGpuRow("2026/01/02 03:04:05.678, 0, GPU-aa, 5", all).kind).toBe("sentence");
    for (const name of ["err-no-driver.txt", "err-gpu-lost-old.txt", "err-mismatch-smi-nvml.txt"]) {
      for (const line of lines(name)) expect(parseGpuRow(line, all).kind).toBe("sentence");
    }
  });

  test("SMP-1 SMP-3 rows of real machines", () => {
    const partial = columns(
      "index",
      "name",
      "temperature",
      "other",
      "other",
      "utilizationGpu",
      "utilizationMemory",
      "pstate",
      "powerLimit",
    );
    // The capture has the name second; commas could not be told from separators there, this one has none.
    expect(lines("test-partial-failure-3gpu.csv").map((line) => parseGpuRow(line, partial).kind)).toEqual([
      "row",
      "sentence",
      "lost-row",
      "row",
    ]);
    const orin = rowOf(
      lines("iss-orin-all-na.csv")[0] ?? "",
      columns("index", "name", "memoryTotal", "memoryUsed", "memoryFree", "utilizationGpu", "temperature"),
    );
    expect(orin).toMatchObject({
      index: 0,
      uuid: "index-0",
      memoryTotalMiB: null,
      reading: { memoryUsedMiB: null, temperatureC: null },
    });
    const [, dgx] = lines("test-dgx2-16gpu.csv");
    expect(parseNumber(dgx?.split(", ")[2])).toBe(48.99);
    const gb10 = lines("doc-gb10-lms-stream.csv").map((line) =>
      rowOf(line, columns("timestamp", "index", "utilizationGpu", "powerDraw", "temperature", "memoryUsed")),
    );
    expect(gb10.map(({ reading }) => [reading.powerDrawW, reading.memoryUsedMiB])).toEqual([
      [4.43, null],
      [4.46, null],
      [4.51, null],
      [4.51, null],
    ]);
    const old = lines("src-not-supported-2gpu-2015.csv").map((line) =>
      rowOf(
        line,
        columns(
          "index",
          "utilizationGpu",
          "utilizationMemory",
          "memoryTotal",
          "memoryUsed",
          "memoryFree",
          "temperature",
          "fan",
        ),
      ),
    );
    expect(old.map(({ reading }) => reading.utilizationGpuPct)).toEqual([0, null]);
    const eight = lines("iss-8gpu-1080ti-unknown-error.csv");
    expect(eight.map((line) => parseFigure(line.split(", ")[6]))).toEqual([null, 60, 83, 65, 77, 71, 83, 71]);
    const mask = lines("src-rtx3090-throttle-mask.csv")[0]?.split(", ").at(-1);
    expect(parseThrottle(mask)).toEqual([]);
  });

  test("SMP-1 cells", () => {
    for (const token of [...UNKNOWN, "[Requested functionality has been deprecated]"]) {
      expect(parseText(token)).toBeNull();
      expect(parseNumber(token)).toBeNull();
    }
    expect([parseNumber("38500 MiB"), parseNumber("0 %"), parseNumber("-3"), parseFigure("-3")]).toEqual([
      38_500,
      0,
      -3,
      null,
    ]);
    expect([parseNumber("12abc3"), parseNumber("0x10"), parseNumber("1,5")]).toEqual([null, null, null]);
    expect(parseThrottle("0x0000000000000064")).toEqual(["power-cap", "sw-thermal", "hw-thermal"]);
    expect(parseThrottle("[N/A]")).toBeNull();
    fc.assert(fc.property(fc.nat(), (n) => void expect(parseNumber(`${n} MiB`)).toBe(n)));
  });
});

describe("a row of the process query", () => {
  test("SMP-14 names with commas, hidden names and hidden sizes", () => {
    expect(parseProcessRow("GPU-a, 12, 900, C:\\Program Files\\a, b\\c.exe")).toEqual({
      gpuUuid: "GPU-a",
      process: { pid: 12, name: "C:\\Program Files\\a, b\\c.exe", usedMiB: 900 },
    });
    expect(parseProcessRow("GPU-a, 13, [N/A], [Not Found]")).toEqual({
      gpuUuid: "GPU-a",
      process: { pid: 13, name: null, usedMiB: null },
    });
    for (const text of [
      "",
      "No running processes found",
      "GPU-a, [N/A], 5, x",
      "gpu_uuid, pid, used_gpu_memory [MiB], process_name",
    ]) {
      expect(parseProcessRow(text)).toBeNull();
    }
    fc.assert(fc.property(fc.string(), (text) => void parseProcessRow(text)));
  });
});

describe("the columns", () => {
  const branches = ["390", "470", "535", "550", "555", "590", "591win", "595", "610", "610win"];
  test.each(branches)("SMP-4 branch %s is asked for what it knows, and always for VRAM", (branch) => {
    const known = new Set(fixture(`fields/fields-${branch}.txt`).split(/\s+/).filter(Boolean));
    const asked = chooseColumns(known).map(({ field }) => field);
    expect(asked.filter((field) => !known.has(field))).toEqual([]);
    expect(asked).toEqual(
      expect.arrayContaining([
        "index",
        "uuid",
        "memory.total",
        "memory.used",
        "memory.free",
        "utilization.gpu",
      ]),
    );
    expect(asked.at(-1)).toBe("name");
    expect(asked.includes("memory.reserved")).toBe(!["390", "470"].includes(branch));
  });

  test("SMP-4 a refused field gives way to its older name, then goes", () => {
    const older = dropField(all, "clocks_event_reasons.active");
    expect(older.find(({ key }) => key === "throttle")?.field).toBe("clocks_throttle_reasons.active");
    expect(dropField(older, "clocks_throttle_reasons.active").some(({ key }) => key === "throttle")).toBe(
      false,
    );
    expect(dropField(all, "no such field")).toEqual(all);
    const help = '"timestamp"\nThe time "YYYY/MM/DD".\n\n"clocks.current.sm" or "clocks.sm"\nCurrent.\n';
    expect([...parseKnownFields(help)]).toEqual(["timestamp", "clocks.current.sm", "clocks.sm"]);
  });
});
