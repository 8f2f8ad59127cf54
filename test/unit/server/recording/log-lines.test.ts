import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CSV_HEADER, csvLines } from "../../../../server/recording/log/csv-lines.ts";
import { ecsReleaseLine, ecsSampleLines } from "../../../../server/recording/log/ecs-lines.ts";
import { isoTime } from "../../../../server/recording/log/iso-time.ts";
import { expired, rotatedName } from "../../../../server/recording/log/rotation.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

const UNKNOWN = gpuWith({ name: "NVIDIA GeForce RTX 4090" });
const KNOWN: Gpu = {
  ...UNKNOWN,
  memoryUsedMiB: 18_204,
  memoryTotalMiB: 24_564,
  utilizationGpuPct: 97,
  temperatureC: 71,
};
const AT = Date.UTC(2026, 10, 21, 6, 5, 9, 42);

describe("the CSV log", () => {
  test("REC-1 has exactly the columns of the reports, and an empty cell for what is not known", () => {
    expect(CSV_HEADER).toBe("Timestamp,GPU_Index,Model,Mem_Used(MiB),Mem_Total(MiB),GPU_Util(%),Temp(C)");
    expect(csvLines(AT, [KNOWN, { ...UNKNOWN, index: 1 }])).toBe(
      `${isoTime(AT)},0,NVIDIA GeForce RTX 4090,18204,24564,97,71\n${isoTime(AT)},1,NVIDIA GeForce RTX 4090,,,,\n`,
    );
  });

  test("REC-1 time is local and names the same moment by its offset", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }), (date) => {
        expect(Date.parse(isoTime(date.getTime()))).toBe(date.getTime());
      }),
    );
  });

  test("REC-1 a name with commas and quotes is one cell, whatever it holds", () => {
    const [line] = csvLines(AT, [{ ...UNKNOWN, name: 'A "fast", big\ncard' }]).split("\n");
    expect(line).toBe(`${isoTime(AT)},0,"A ""fast"", big card",,,,`);
  });
});

describe("files put aside", () => {
  test("REC-2 REC-2b are numbered by day, and removed when their time is over", () => {
    expect(rotatedName("gpu.csv", "2026-11-21", [])).toBe("gpu.2026-11-21.1.csv");
    const others = ["gpu.2026-11-21.9.csv", "gpu.2026-11-20.12.csv", "gpu.csv", "gpu.notes.csv"];
    expect(rotatedName("gpu.csv", "2026-11-21", others)).toBe("gpu.2026-11-21.10.csv");
    const now = Date.parse("2026-12-01T12:00:00");
    const files = [
      "gpu.2026-11-21.1.csv",
      "gpu.2026-11-30.1.csv",
      "gpu.csv",
      "gpu.2020.csv",
      "else.2020-01-01.1.csv",
    ];
    expect(expired("gpu.csv", files, now, { keepDays: 7 })).toEqual(["gpu.2026-11-21.1.csv"]);
    expect(expired("gpu.csv", files, now, { keepDays: 30 })).toEqual([]);
  });
});

describe("JSON lines", () => {
  const source = { hostName: "render-1", version: "1.2.3" };
  test("REC-4 follow the Elastic Common Schema and leave out what is not known", () => {
    const [known, unknown] = ecsSampleLines(AT, [KNOWN, { ...UNKNOWN, index: 1 }], source)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(known).toEqual({
      "@timestamp": "2026-11-21T06:05:09.042Z",
      ecs: { version: "8.11.0" },
      event: { module: "gpu_status_panel", kind: "metric", dataset: "gpu_status_panel.gpu" },
      host: { name: "render-1" },
      service: { type: "gpu-status-panel", name: "gpu-status-panel", version: "1.2.3" },
      gpu_status_panel: {
        gpu: {
          index: 0,
          uuid: "GPU-a",
          name: "NVIDIA GeForce RTX 4090",
          lost: false,
          memory: { used_bytes: 18_204 * 1024 * 1024, total_bytes: 24_564 * 1024 * 1024 },
          utilization_ratio: 0.97,
          temperature_celsius: 71,
        },
      },
    });
    expect(unknown.gpu_status_panel.gpu).toEqual({
      index: 1,
      uuid: "GPU-a",
      name: "NVIDIA GeForce RTX 4090",
      lost: false,
      memory: {},
    });
  });

  test("REC-4 a release is an event with its outcome, its duration in nanoseconds and what was measured", () => {
    const line = ecsReleaseLine(
      {
        id: "a",
        startedAt: AT,
        finishedAt: AT + 1500,
        requestedBy: "192.0.2.7",
        mode: "auto",
        state: "failed",
        freedMiB: 0,
        gpus: [],
        parts: [{ backend: "comfyui", state: "failed", freedMiB: 0, problem: "nothing-freed" }],
        problem: "nothing-freed",
      },
      source,
    );
    expect(JSON.parse(line)).toMatchObject({
      "@timestamp": "2026-11-21T06:05:10.542Z",
      event: { kind: "event", outcome: "failure", duration: 1_500_000_000, reason: "nothing-freed" },
      gpu_status_panel: { release: { freed_bytes: 0, backends: ["comfyui"] } },
    });
  });
});
