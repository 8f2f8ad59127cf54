import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvLines } from "../../../../../server/recording/log/csv-lines.ts";
import { createRecordingBuilder } from "../../../../../server/sampling/replay/build-recording.ts";
import { readHeader } from "../../../../../server/sampling/replay/header.ts";
import { advance } from "../../../../../server/sampling/replay/player.ts";
import { type Recording, tickAt, tickFrom } from "../../../../../server/sampling/replay/recording.ts";
import { nameIn, splitCells } from "../../../../../server/sampling/replay/split-cells.ts";
import { UNKNOWN_READING } from "../../../../../shared/gpu/gpu.ts";
import { gpuWith } from "../../../../helpers/gpu-with.ts";

function record(text: string, mostFigures?: number): Recording {
  const [first = "", ...lines] = text.trim().split("\n");
  const header = readHeader(splitCells(first) ?? []);
  if (header === null) throw new Error("no header");
  const builder = createRecordingBuilder(header, "month-first", mostFigures);
  lines.forEach((line, i) => {
    const cells = splitCells(line);
    if (cells === null) builder.wrong(i + 2);
    else builder.push(cells, i + 2);
  });
  return builder.finish();
}
const usedOf = (recording: Recording) =>
  [...recording.times].map((_, i) => tickAt(recording, i).map(({ reading }) => reading.memoryUsedMiB));

describe("the header of a log", () => {
  test("REC-5 is ours, or nvidia-smi's in any order and with units", () => {
    expect(
      readHeader(
        splitCells("Timestamp,GPU_Index,Model,Mem_Used(MiB),Mem_Total(MiB),GPU_Util(%),Temp(C)") ?? [],
      ),
    ).toEqual(["timestamp", "index", "name", "memoryUsed", "memoryTotal", "utilizationGpu", "temperature"]);
    expect(
      readHeader(
        splitCells("temperature.gpu, name, memory.used [MiB], power.draw [W], vbios_version, timestamp") ??
          [],
      ),
    ).toEqual(["temperature", "name", "memoryUsed", "powerDraw", null, "timestamp"]);
    expect(readHeader(["timestamp", "name"])).toBeNull();
    expect(readHeader(["index", "memory.used [MiB]"])).toBeNull();
    expect(readHeader(["2026/03/04 15:06:07.890", "0", "24564 MiB"])).toBeNull();
  });
});

describe("cells of a line", () => {
  test("REC-5 are quoted as RFC 4180 says; an open quote makes the line a wrong one", () => {
    expect(splitCells('a, "b ""c"", d" ,,e')).toEqual(["a", 'b "c", d', "", "e"]);
    expect(splitCells("")).toEqual([""]);
    expect(splitCells('a,"b')).toBeNull();
    expect(splitCells('a,"b"c,d')).toBeNull();
  });

  test("REC-5 a line of our log gives back every name", () => {
    const name = fc.string().filter((text) => text.trim() === text && !/[\r\n]/.test(text));
    fc.assert(
      fc.property(name, (given) => {
        const gpu = gpuWith({ index: 3, name: given });
        const [line = ""] = csvLines(0, [gpu]).split("\n");
        expect(nameIn(splitCells(line)?.[2] ?? "")).toBe(given);
      }),
    );
  });
});

describe("a recording", () => {
  test("REC-5 rows of one tick are put together though their times differ a little; unknown stays unknown", () => {
    const recording = record(`timestamp, index, memory.used [MiB], utilization.gpu [%]
2026/03/04 15:06:07.890, 0, 100 MiB, 5 %
2026/03/04 15:06:07.894, 1, [N/A], 0 %
2026/03/04 15:06:08.891, 0, 300 MiB, [Not Supported]
2026/03/04 15:06:08.895, 1, 400 MiB, 7 %`);
    expect(usedOf(recording)).toEqual([
      [100, null],
      [300, 400],
    ]);
    expect(tickAt(recording, 1)[0]?.reading).toEqual({ ...UNKNOWN_READING, memoryUsedMiB: 300 });
    expect(recording).toMatchObject({ intervalMs: 1001, wrongLines: 0, everyNth: 1 });
  });

  test("REC-5 without an index GPUs are told apart by UUID, or by their place in the tick", () => {
    const byUuid = record(`timestamp, uuid, memory.used [MiB]
2026/03/04 15:06:07.890, GPU-b, 1 MiB
2026/03/04 15:06:07.890, GPU-a, 2 MiB
2026/03/04 15:06:08.890, GPU-a, 4 MiB
2026/03/04 15:06:08.890, GPU-b, 3 MiB`);
    expect(usedOf(byUuid)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const byPlace = record(`timestamp, memory.used [MiB]
2026/03/04 15:06:07.890, 1 MiB
2026/03/04 15:06:07.893, 2 MiB
2026/03/04 15:06:08.890, 3 MiB
2026/03/04 15:06:08.893, 4 MiB`);
    expect(usedOf(byPlace)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("REC-5b wrong lines are counted and the first named; a name with commas is none", () => {
    const recording = record(`timestamp, index, name, memory.used [MiB]
2026/03/04 15:06:07.890, 0, NVIDIA, Big Card, 100 MiB
2026/03/04 15:06:08.890, 0, NVIDIA
Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error
2026/03/04 15:06:09.890, x, NVIDIA, 100 MiB
2026/03/04 15:06:10.890, 0, "NVIDIA, 100 MiB
2026/03/04 15:06:11.890, 0, NVIDIA, 200 MiB`);
    expect(usedOf(recording)).toEqual([[100], [200]]);
    expect(recording).toMatchObject({ wrongLines: 4, firstWrong: [3, 4, 5, 6] });
    expect(tickAt(recording, 0)[0]?.name).toBe("NVIDIA");
  });

  test("REC-6b a clock that was set back goes on, and nothing is lost", () => {
    const recording = record(`timestamp, memory.used [MiB]
2026/03/04 15:06:07, 1 MiB
2026/03/04 15:06:08, 2 MiB
2026/03/04 14:06:09, 3 MiB
2026/03/04 14:06:10, 4 MiB`);
    expect(usedOf(recording)).toEqual([[1], [2], [3], [4]]);
    expect([...recording.times].every((at, i) => i === 0 || at > (recording.times[i - 1] ?? 0))).toBe(true);
    expect((recording.times[3] ?? 0) - (recording.times[2] ?? 0)).toBe(1000);
  });

  test("REC-6b a clock that was set back and comes forth again is believed again: the hour that comes twice in autumn", () => {
    const recording = record(`timestamp, memory.used [MiB]
2026/03/04 15:59:58, 1 MiB
2026/03/04 15:59:59, 2 MiB
2026/03/04 15:00:00, 3 MiB
2026/03/04 15:59:59, 4 MiB
2026/03/04 17:00:00, 5 MiB`);
    expect(usedOf(recording)).toEqual([[1], [2], [3], [4], [5]]);
    expect(recording.times[2]).toBe(new Date(2026, 2, 4, 16, 0, 0).getTime());
    expect(recording.times[4]).toBe(new Date(2026, 2, 4, 17, 0, 0).getTime());
  });

  test("REC-6 a log that is too long for the memory is thinned, says so, and keeps its peaks", () => {
    const lines = Array.from(
      { length: 100 },
      (_, i) =>
        `${new Date(1_700_000_000_000 + i * 1000).toISOString()}, ${i === 51 ? 9999 : i}, ${i % 2 === 0 ? 100 : 50}`,
    );
    const recording = record(
      `timestamp, memory.used [MiB], utilization.gpu [%]\n${lines.join("\n")}`,
      60 * 6,
    );
    const { everyNth, times } = recording;
    expect(everyNth).toBe(2);
    expect(times.length).toBe(50);
    expect(usedOf(recording).flat()).toEqual(
      Array.from(times, (_, i) => (i === 25 ? 9999 : i * everyNth + 1)),
    );
    const utilization = [...times].map((_, i) => tickAt(recording, i)[0]?.reading.utilizationGpuPct);
    expect(new Set(utilization)).toEqual(new Set([75]));
  });

  test("REC-5 a log in which every line is of another GPU takes no more memory than others", () => {
    const lines = Array.from(
      { length: 5000 },
      (_, i) => `${new Date(1_700_000_000_000 + i * 1000).toISOString()}, GPU-${i}, ${i}`,
    );
    const recording = record(`timestamp, uuid, memory.used [MiB]\n${lines.join("\n")}`, 10_000);
    expect(recording.gpus.length).toBe(64);
    expect(recording.wrongLines).toBe(5000 - 64);
    expect(recording.values.length).toBeLessThanOrEqual(10_000);
  });

  test("REC-5 whatever is read, times rise and no figure is made up", () => {
    const cell = fc.oneof(
      fc.constant("2026/03/04 15:06:07"),
      fc.constant("2026/03/04 15:06:09.5"),
      fc.nat(99).map(String),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 })), (rows) => {
        const builder = createRecordingBuilder(["timestamp", "index", "memoryUsed"], "month-first");
        for (const [i, cells] of rows.entries()) builder.push(cells, i + 2);
        const { times, values, gpus, wrongLines } = builder.finish();
        for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThan(times[i - 1] ?? 0);
        expect(values.length).toBe(times.length * gpus.length * 5);
        expect(wrongLines).toBeLessThanOrEqual(rows.length);
        expect([...values].every((value) => Number.isNaN(value) || value >= 0)).toBe(true);
      }),
    );
  });
});

describe("playing", () => {
  const times = Float64Array.from([0, 1000, 2000, 3000, 600_000, 601_000]);
  const range = { times, intervalMs: 1000 };
  test("REC-6 goes as fast as asked, stops at the end, and does not wait out a long gap", () => {
    const at = { atMs: 0, speed: 2, paused: false };
    expect(advance(at, range, 500)).toEqual({ ...at, atMs: 1000 });
    expect(advance({ ...at, paused: true }, range, 500).atMs).toBe(0);
    expect(advance({ ...at, atMs: 3000 }, range, 50).atMs).toBe(600_000);
    expect(advance({ ...at, atMs: 600_500 }, range, 5000)).toEqual({ atMs: 601_000, speed: 2, paused: true });
  });

  test("REC-6 the tick of a moment is found", () => {
    expect([tickFrom(range, -5), tickFrom(range, 1000), tickFrom(range, 1001), tickFrom(range, 1e9)]).toEqual(
      [0, 1, 2, 6],
    );
  });
});
