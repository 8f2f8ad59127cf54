import { describe, expect, test } from "vitest";
import { applyTick } from "../../../../server/sampling/gpu-list.ts";
import { parseGpuRow } from "../../../../server/sampling/parse-gpu-row.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { columnsOfHeader, corpusLines, corpusNames } from "../sampling/corpus.ts";
import { begun, during, type Frame, play } from "./trace.ts";

/** The GPUs of a capture with a header, and the figures that the slow query asks for. */
function captured(name: string): { gpus: Gpu[]; slow: Frame["slow"] } {
  const [header = "", ...lines] = corpusLines(name);
  const columns = columnsOfHeader(header);
  const rows = lines.flatMap((line) => {
    // Captures of every field have lists in one cell; those that this reads stand before them.
    const parsed = parseGpuRow(line, columns);
    return parsed.kind === "row" ? [parsed.row] : [];
  });
  const cells = (lines[0] ?? "").split(",").map((cell) => cell.trim());
  const titles = header.split(", ").map((title) => title.replace(/ \[.*\]$/, ""));
  const figure = (field: string) => {
    const value = Number.parseInt(cells[titles.indexOf(field)] ?? "", 10);
    return Number.isNaN(value) ? null : value;
  };
  return {
    gpus: applyTick([], rows).map(({ gpu }) => gpu),
    slow: {
      eccUncorrected: figure("ecc.errors.uncorrected.volatile.total"),
      pcieGen: figure("pcie.link.gen.current"),
      pcieGenMax: figure("pcie.link.gen.max"),
      pcieWidth: figure("pcie.link.width.current"),
      pcieWidthMax: figure("pcie.link.width.max"),
    },
  };
}

/** An hour as it was captured, with a slow reading each minute. */
const anHour = ({ gpus, slow }: ReturnType<typeof captured>): Frame[] =>
  during(720, (i) => ({
    stepMs: 5000,
    gpus,
    running: [[0]],
    ...(i % 12 === 11 && slow !== undefined ? { slow } : {}),
  }));

const captures = corpusNames(/^nge-.*-(?:load|idle)\.csv$/);

describe("real outputs", () => {
  test("HLT-1 there are captures to look at", () => {
    expect(captures.length).toBeGreaterThanOrEqual(7);
    for (const name of captures) expect(captured(name).gpus, name).toHaveLength(1);
  });

  test.each(captures)(
    "HLT-1 %s, for an hour: nothing is wrong with the hardware, and nothing is said of it",
    (name) => {
      const said = begun(play(anHour(captured(name))));
      // A captured desktop is no job: that it has little to do is not what is looked at here.
      expect(said.filter((rule) => rule !== "low-utilization" && rule !== "recompiling")).toEqual([]);
    },
  );

  test.each([
    [{ eccUncorrected: 1 }, "ecc-errors"],
    [{ pcieWidth: 8 }, "pcie-degraded"],
  ] as const)("HLT-1 the H200 under load with %j", (change, rule) => {
    const { gpus, slow } = captured("nge-h200-linux-590-load.csv");
    expect(slow).toMatchObject({
      eccUncorrected: 0,
      pcieGen: 5,
      pcieGenMax: 5,
      pcieWidth: 16,
      pcieWidthMax: 16,
    });
    expect(begun(play(anHour({ gpus, slow: { ...slow, ...change } })))).toEqual([rule]);
  });

  test("HLT-1 four RTX PRO 6000 of which one falls off the bus (log-610-one-of-four-lost.txt)", () => {
    const log = corpusLines("log-610-one-of-four-lost.txt").join("\n");
    const rows = [
      ...log.matchAll(/(\d+)%\s+(\d+)C .*?(\d+)W \/\s+300W \|\s+(\d+)MiB \/\s+(\d+)MiB \|\s+(\d+)%/g),
    ];
    expect(rows).toHaveLength(3);
    const seen = rows.map(([, fan, celsius, watts, used, total, busy]) => ({
      fanPct: Number(fan),
      temperatureC: Number(celsius),
      powerDrawW: Number(watts),
      memoryUsedMiB: Number(used),
      memoryTotalMiB: Number(total),
      utilizationGpuPct: Number(busy),
    }));
    const [zero, two, three] = seen;
    const gone = {
      memoryUsedMiB: null,
      memoryFreeMiB: null,
      utilizationGpuPct: null,
      temperatureC: null,
      lost: true,
    };
    const before = [zero ?? {}, two ?? {}, two ?? {}, three ?? {}];
    const after = [zero ?? {}, gone, two ?? {}, three ?? {}];
    const transitions = play([...during(60, { gpus: before }), ...during(60, { gpus: after })]);
    expect(transitions.map(({ kind, finding }) => [kind, finding.rule, finding.params.gpu])).toEqual([
      ["began", "gpu-lost", 1],
    ]);
  });
});
