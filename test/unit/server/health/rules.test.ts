import { describe, expect, test } from "vitest";
import { RULES } from "../../../../shared/health/alert.ts";
import { GENERATING } from "./cases/generating.ts";
import { HARDWARE } from "./cases/hardware.ts";
import { VRAM_AND_HOST } from "./cases/vram-and-host.ts";
import { begun, during, play } from "./trace.ts";

const cases = [...GENERATING, ...VRAM_AND_HOST, ...HARDWARE];

describe("HLT-1 each red line fires on what it is for, and not on what only looks like it", () => {
  test.each(cases)("HLT-1 HLT-2 HLT-2b $rule: $seen → $fires", ({ rule, fires, frames, params }) => {
    const transitions = play(frames);
    const found = transitions.filter(({ kind, finding }) => kind === "began" && finding.rule === rule);
    expect(found).toHaveLength(fires ? 1 : 0);
    if (params !== undefined) expect(found[0]?.finding.params).toMatchObject(params);
  });

  test("HLT-1 every rule has a trace that must fire and one that must not", () => {
    for (const fires of [true, false]) {
      const covered = new Set(cases.filter((one) => one.fires === fires).map(({ rule }) => rule));
      expect(RULES.filter((rule) => !covered.has(rule))).toEqual([]);
    }
  });

  test("HLT-1b where nothing is known nothing is said", () => {
    const unknown = {
      memoryUsedMiB: null,
      memoryFreeMiB: null,
      memoryTotalMiB: null,
      utilizationGpuPct: null,
      temperatureC: null,
      fanPct: null,
      throttle: null,
    };
    const host = { load1: null, memoryUsedMiB: null, memoryMostMiB: null, oomKills: null };
    expect(begun(play(during(300, { gpus: [unknown, unknown], host, running: [[0]] })))).toEqual([]);
  });
});
