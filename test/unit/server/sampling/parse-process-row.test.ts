import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProcessRow } from "../../../../server/sampling/parse-process-row.ts";
import { corpusLines } from "./corpus.ts";

/** Rows of a capture in the order in which the panel asks: GPU, pid, memory, name. */
function rowsOf(file: string) {
  const [header = "", ...lines] = corpusLines(file);
  const titles = header.split(", ").map((title) => title.replace(/ \[.*\]$/, ""));
  return lines.map((line) => {
    const cells = line.split(", ");
    return ["gpu_uuid", "pid", "used_gpu_memory", "process_name"]
      .map((title) => cells[titles.indexOf(title)] ?? "")
      .join(", ");
  });
}
const processes = (file: string) => rowsOf(file).map((line) => parseProcessRow(line)?.process);

describe("real processes", () => {
  test("SMP-14e names with and without path, sizes with unit", () => {
    expect(processes("nge-rtx4080s-595-compute-apps.csv")).toEqual([
      { pid: 2165, name: "/usr/bin/kwin_wayland", usedMiB: 25 },
      { pid: 5022, name: "ffmpeg", usedMiB: 503 },
      { pid: 5021, name: "ffmpeg", usedMiB: 360 },
    ]);
    expect(processes("nge-h100-mig-590-compute-apps.csv").map((process) => process?.usedMiB)).toEqual([
      2296, 1272, 7484,
    ]);
    expect(rowsOf("nge-l40s-595-compute-apps-empty.csv")).toEqual([]);
  });

  test("SMP-14e under WDDM every size is unknown, and every path is kept with its spaces", () => {
    const list = processes("nge-rtx2080s-windows-591-compute-apps.csv");
    expect(list.length).toBeGreaterThan(10);
    expect(new Set(list.map((process) => process?.usedMiB))).toEqual(new Set([null]));
    expect(list[4]).toEqual({
      pid: 20_372,
      name: "C:\\Program Files\\NZXT CAM\\NZXT CAM.exe",
      usedMiB: null,
    });
  });

  test("SMP-14e a process of another PID namespace has no name but a size, under WSL neither", () => {
    expect(processes("iss-h200-8gpu-compute-apps-notfound.csv").at(-1)).toEqual({
      pid: 1_758_887,
      name: null,
      usedMiB: 58_060,
    });
    const [pid, name, used] = (corpusLines("iss-wsl2-compute-apps.csv")[0] ?? "").split(", ");
    expect(parseProcessRow(`GPU-aa, ${pid}, ${used}, ${name}`)?.process).toEqual({
      pid: 13_077,
      name: null,
      usedMiB: null,
    });
  });

  test("SMP-14e what is no row of a process is none, and nothing throws", () => {
    const header = "gpu_uuid, pid, used_gpu_memory [MiB], process_name";
    for (const line of [
      "",
      " ",
      "No running processes found",
      header,
      "GPU-a, [N/A], 5, x",
      "GPU-a, -1, 5, x",
      ", 1, 5, x",
    ]) {
      expect(parseProcessRow(line)).toBeNull();
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (line) => void parseProcessRow(line)));
  });

  test("SMP-20 of a command line the program alone is told: its arguments may be secrets", () => {
    const nameOf = (text: string) => parseProcessRow(`GPU-aa, 1, 5, ${text}`)?.process.name;
    expect(nameOf("/opt/venv/bin/python main.py --api-key=secret")).toBe("/opt/venv/bin/python");
    expect(nameOf("python\tserve.py --token secret")).toBe("python");
    const windows = "C:\\Program Files\\ComfyUI, portable\\python.exe";
    expect(nameOf(`${windows} -s main.py --key secret`)).toBe(windows);
    expect(nameOf(`"${windows}" --key secret`)).toBe(windows);
    expect(nameOf("[Insufficient Permissions]")).toBeNull();
    expect(nameOf("evil\u001b[31m\u202ename")).toBe("evil");
  });

  test("SMP-20b any name comes back whole, whatever commas it holds", () => {
    const name = fc.stringMatching(/^[a-z/(][a-z0-9()/.,]{0,20}[a-z)]$/);
    fc.assert(
      fc.property(
        name,
        fc.nat(),
        fc.option(fc.nat({ max: 300_000 }), { nil: null }),
        (text, pid, usedMiB) => {
          expect(parseProcessRow(`GPU-aa, ${pid}, ${usedMiB ?? "[N/A]"}, ${text}`)).toMatchObject({
            gpuUuid: "GPU-aa",
            process: { pid, name: text, usedMiB },
          });
        },
      ),
    );
  });
});
