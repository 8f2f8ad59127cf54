import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGpuRow } from "../../../../server/sampling/parse-gpu-row.ts";
import { type Column, type ColumnKey, chooseColumns } from "../../../../server/sampling/query.ts";
import { columnsOf, columnsOfHeader, corpusLines } from "./corpus.ts";

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

function rowOf(line: string, columns: readonly Column[]) {
  const parsed = parseGpuRow(line, columns);
  if (parsed.kind !== "row") throw new Error(`no row: ${JSON.stringify(parsed)}`);
  return parsed.row;
}
/** Every figure of a row, by name. */
function figuresOf(row: ReturnType<typeof rowOf>) {
  const { pstate: _, throttle: __, mig: ___, ...details } = row.details;
  return { memoryTotalMiB: row.memoryTotalMiB, ...row.reading, ...details };
}

/** File, then: total, used, reserved, free, util, bandwidth, °C, W, limit, fan, pstate, throttle, MIG. */
const CAPTURES: [string, ...unknown[]][] = [
  [
    "nge-h100-mig-linux-590-load.csv",
    81_559,
    11_125,
    479,
    69_956,
    null,
    null,
    53,
    433.78,
    700,
    null,
    "P0",
    [],
    true,
  ],
  [
    "nge-h200-linux-590-load.csv",
    143_771,
    32_362,
    614,
    110_796,
    100,
    7,
    52,
    627.4,
    700,
    null,
    "P0",
    [],
    false,
  ],
  [
    "nge-h200-mig-linux-590-idle.csv",
    143_771,
    55,
    614,
    143_103,
    null,
    null,
    28,
    78.28,
    700,
    null,
    "P0",
    [],
    true,
  ],
  ["nge-l40s-linux-595-idle.csv", 46_068, 0, 609, 45_460, 100, 9, 63, 144.97, 350, null, "P0", [], null],
  [
    "nge-rtx2080s-linux-595-idle.csv",
    8192,
    214,
    408,
    7571,
    0,
    9,
    40,
    39.32,
    250,
    38,
    "P8",
    ["power-cap"],
    null,
  ],
  ["nge-rtx2080s-windows-591-load.csv", 8192, 1296, 205, 6692, 7, 3, 45, 97.43, 250, 38, "P2", [], null],
  ["nge-rtx4080s-linux-595-load.csv", 16_376, 1474, 434, 14_470, 7, 2, 46, 84.24, 320, 0, "P2", [], null],
];

describe("real rows", () => {
  test.each(CAPTURES)("SMP-1 SMP-3 %s is read in full, its header is no row", (...capture) => {
    const [file, ...expected] = capture;
    const [header = "", line = ""] = corpusLines(file);
    const columns = columnsOfHeader(header);
    const { memoryTotalMiB, reading, details } = rowOf(line, columns);
    expect([
      memoryTotalMiB,
      reading.memoryUsedMiB,
      details.memoryReservedMiB,
      reading.memoryFreeMiB,
      reading.utilizationGpuPct,
      details.utilizationMemoryPct,
      reading.temperatureC,
      reading.powerDrawW,
      details.powerLimitW,
      details.fanPct,
      details.pstate,
      details.throttle,
      details.mig,
    ]).toEqual(expected);
    expect(parseGpuRow(header, columns).kind).toBe("nothing");
  });

  test("SMP-2 SMP-3 two GPUs of one machine, with units in the header and none in the rows", () => {
    const [header = "", ...lines] = corpusLines("test-2x3060-nounits-header.csv");
    const columns = columnsOfHeader(header);
    expect(
      lines.map((line) => rowOf(line, columns)).map((row) => [row.index, row.uuid, row.reading]),
    ).toEqual([
      [
        0,
        "GPU-41e0e872-f8d5-95fb-6fd7-8c143c0db7c9",
        {
          memoryUsedMiB: 13,
          memoryFreeMiB: 12_040,
          utilizationGpuPct: 0,
          temperatureC: 38,
          powerDrawW: 11.57,
        },
      ],
      [
        1,
        "GPU-f7a1d225-58db-e209-aa84-574996d070cd",
        {
          memoryUsedMiB: 477,
          memoryFreeMiB: 11_568,
          utilizationGpuPct: 0,
          temperatureC: 36,
          powerDrawW: 12.08,
        },
      ],
    ]);
  });

  test("SMP-3 a header with an alias for a field (clocks.current.sm) costs none of the stream's samples", () => {
    const [header = "", ...lines] = corpusLines("iss-gtx1650s-stream-530.csv");
    const columns = columnsOfHeader(header);
    expect(lines.map((line) => rowOf(line, columns).reading.utilizationGpuPct)).toEqual([24, 18, 42, 17, 21]);
    expect(lines.map((line) => rowOf(line, columns).details.fanPct)).toEqual([0, 0, 0, 0, 0]);
  });

  test("SMP-1 a container that may not see memory, and a desktop card that reports little", () => {
    const [header = "", slice = ""] = corpusLines("iss-mig-insufficient-permissions-535.csv");
    const mig = rowOf(`0, ${slice}`, [...columnsOf("index"), ...columnsOfHeader(header)]);
    expect(mig).toMatchObject({
      name: "NVIDIA A100-SXM4-80GB",
      memoryTotalMiB: null,
      reading: { memoryUsedMiB: null, memoryFreeMiB: null, utilizationGpuPct: null, temperatureC: 47 },
    });
    const [desktop = ""] = corpusLines("iss-rtx3080-many-na.csv");
    const fields = [
      "timestamp",
      "index",
      "name",
      "uuid",
      ..."xyz",
      "memory.total",
      "memory.free",
      "memory.used",
    ];
    const columns = columnsOf(
      ...fields,
      "utilization.gpu",
      "utilization.memory",
      "fan.speed",
      "temperature.gpu",
    );
    const row = rowOf(desktop, columns);
    expect(row).toMatchObject({
      index: 0,
      uuid: "GPU-8fe3a97d-51f6-a669-0d80-b4530b81b816",
      memoryTotalMiB: 10_240,
    });
    expect([row.reading.memoryUsedMiB, row.reading.memoryFreeMiB]).toEqual([1211, 9029]);
    expect([row.reading.utilizationGpuPct, row.details.utilizationMemoryPct, row.details.fanPct]).toEqual([
      null,
      null,
      0,
    ]);
  });

  test("SMP-3 the table and the sentence of a lost GPU hold no row", () => {
    const kinds = corpusLines("log-610-one-of-four-lost.txt").map((line) => parseGpuRow(line, all).kind);
    expect(new Set(kinds)).toEqual(new Set(["sentence"]));
  });
});

describe("rows of any driver", () => {
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
      { numRuns: 500 },
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
