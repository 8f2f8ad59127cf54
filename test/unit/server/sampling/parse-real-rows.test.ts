import { describe, expect, test } from "vitest";
import { parseGpuRow } from "../../../../server/sampling/parse-gpu-row.ts";
import { chooseColumns } from "../../../../server/sampling/query.ts";
import { columnsOf, columnsOfHeader, corpusLines } from "./corpus.ts";
import { figuresOf, rowOf } from "./row-of.ts";

const all = chooseColumns(new Set());

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

  test("SMP-1 SMP-2 machines with unified memory: everything unknown but the GPU is there", () => {
    const fields = [
      "index",
      "name",
      "memory.total",
      "memory.used",
      "memory.free",
      "utilization.gpu",
      "temperature.gpu",
    ];
    const orin = rowOf(corpusLines("iss-orin-all-na.csv")[0] ?? "", columnsOf(...fields));
    expect([orin.index, orin.uuid, orin.name]).toEqual([0, "index-0", "Orin (nvgpu)"]);
    expect(new Set(Object.values(figuresOf(orin)))).toEqual(new Set([null]));
    const stream = columnsOf(
      "timestamp",
      "index",
      "utilization.gpu",
      "power.draw",
      "temperature.gpu",
      "memory.used",
    );
    const gb10 = corpusLines("doc-gb10-lms-stream.csv").map((line) => rowOf(line, stream).reading);
    expect(gb10.map(({ powerDrawW }) => powerDrawW)).toEqual([4.43, 4.46, 4.51, 4.51]);
    expect(gb10.map(({ memoryUsedMiB, utilizationGpuPct }) => [memoryUsedMiB, utilizationGpuPct])).toEqual(
      Array(4).fill([null, 0]),
    );
  });

  test("SMP-1 old tokens for one GPU of two and of eight, on 16 of one name, and a mask with one reason", () => {
    const fields = [
      "index",
      "utilization.gpu",
      "utilization.memory",
      "memory.total",
      "memory.used",
      "memory.free",
    ];
    const old = corpusLines("src-not-supported-2gpu-2015.csv").map((line) =>
      rowOf(line, columnsOf(...fields, "temperature.gpu", "fan.speed")),
    );
    expect(old.map(({ reading }) => [reading.utilizationGpuPct, reading.memoryFreeMiB])).toEqual([
      [0, 4085],
      [null, 301],
    ]);
    // These captures have no index; the place in the output is one.
    const eight = corpusLines("iss-8gpu-1080ti-unknown-error.csv").map((line, i) =>
      rowOf(
        `${i}, ${line}`,
        columnsOf(
          "index",
          "name",
          "utilization.gpu",
          "a",
          "temperature.gpu",
          "power.draw",
          "enforced.power.limit",
          "fan.speed",
          "pstate",
          "b",
          "c",
          "d",
          "e",
        ),
      ),
    );
    expect(eight.map(({ details }) => details.fanPct)).toEqual([null, 60, 83, 65, 77, 71, 83, 71]);
    expect(eight.map(({ details }) => details.powerLimitW)[7]).toBe(200);
    const [header = "", ...lines] = corpusLines("test-dgx2-16gpu.csv");
    const dgx = lines.map((line, i) =>
      rowOf(`${i}, ${line}`, [...columnsOf("index"), ...columnsOfHeader(header)]),
    );
    expect(dgx).toHaveLength(16);
    expect(new Set(dgx.map(({ uuid }) => uuid)).size).toBe(16);
    expect(dgx[1]?.reading).toMatchObject({
      powerDrawW: 383.55,
      memoryUsedMiB: 11_149,
      memoryFreeMiB: 21_351,
    });
    const mask = corpusLines("src-rtx3090-throttle-mask.csv")[0] ?? "";
    const names = [..."abcdefghi"];
    const row = rowOf(mask, columnsOf("index", "name", ...names, "pstate", "clocks_event_reasons.active"));
    expect([row.details.pstate, row.details.throttle]).toEqual(["P2", []]);
  });

  test("SMP-3 a sentence and a lost row between rows are neither of their neighbours", () => {
    const columns = columnsOf(
      "index",
      "name",
      "temperature.gpu",
      "a",
      "b",
      "utilization.gpu",
      "c",
      "pstate",
      "d",
    );
    const parsed = corpusLines("test-partial-failure-3gpu.csv").map((line) => parseGpuRow(line, columns));
    expect(parsed.map(({ kind }) => kind)).toEqual(["row", "sentence", "lost-row", "row"]);
    expect(parsed.flatMap((one) => (one.kind === "row" ? [one.row.reading.temperatureC] : []))).toEqual([
      30, 31,
    ]);
  });

  test("SMP-3 the table and the sentence of a lost GPU hold no row", () => {
    const kinds = corpusLines("log-610-one-of-four-lost.txt").map((line) => parseGpuRow(line, all).kind);
    expect(new Set(kinds)).toEqual(new Set(["sentence"]));
  });
});
