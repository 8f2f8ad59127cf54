import { describe, expect, test } from "vitest";
import type { PanelEvent } from "../../../client/connection/source.ts";
import { applyEvent } from "../../../client/store/apply-event.ts";
import { INITIAL_STATE, type PanelState } from "../../../client/store/panel-state.ts";
import { selectFresh } from "../../../client/store/selectors.ts";
import { createDemoGpus, toDemoRow } from "../../../server/sampling/demo/machine.ts";
import { applyTick } from "../../../server/sampling/gpu-list.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { encodeHistory } from "../../../shared/history/codec.ts";
import type { HistoryRow } from "../../../shared/history/row.ts";
import type { Hello } from "../../../shared/protocol/messages.ts";
import { IDLE_RELEASE } from "../../../shared/release/release.ts";

const [demo] = createDemoGpus(1);
if (demo === undefined) throw new Error("no demo GPU");
const gpuList = (count: number): Gpu[] =>
  applyTick(
    [],
    Array.from({ length: count }, (_, i) => toDemoRow(demo, i, 0)),
  ).map(({ gpu }) => gpu);
const row = (seq: number, gpus = 1): HistoryRow => ({
  fromSeq: seq,
  seq,
  tMs: seq * 1000,
  count: 1,
  values: Array(gpus * 4).fill(seq),
});
const source: Hello["state"]["source"] = {
  kind: "nvidia-smi",
  status: "live",
  demoReason: null,
  problem: null,
  intervalMs: 1000,
  driverVersion: null,
};

function hello({ bootId = "a", gpus = 1, rows = [] as HistoryRow[] } = {}): PanelEvent {
  const host = {
    name: "h",
    cpuCount: 1,
    load1: null,
    memoryTotalMiB: null,
    memoryAvailableMiB: null,
    memoryLimitMiB: null,
  };
  const capacity = { profile: "p", perGpu: [], recommendedMax: null, canStart: null };
  return {
    type: "hello",
    hello: {
      protocol: 1,
      bootId,
      version: "1",
      epochMs: 0,
      nowMs: 0,
      seq: rows.at(-1)?.seq ?? 0,
      capabilities: { release: { allowed: true, problem: null } },
      state: { source, gpus: gpuList(gpus), host, capacity, backends: [], release: IDLE_RELEASE },
      profiles: [],
      history: encodeHistory(rows, gpus),
    },
  };
}
const apply = (...events: PanelEvent[]): PanelState => events.reduce(applyEvent, INITIAL_STATE);
const seqs = ({ known }: PanelState) => known?.rows.map(({ seq }) => seq);
const sample = (seq: number, ...figures: (number | null)[]): PanelEvent => ({
  type: "sample",
  sample: [seq, seq * 1000, ...figures],
});

describe("what a panel knows", () => {
  test("WIRE-1 hello and samples make one history; an older or misfit sample changes nothing", () => {
    const state = apply(hello({ rows: [row(1), row(2)] }), sample(3, 5, 6, 7, 8, null));
    expect(seqs(state)).toEqual([1, 2, 3]);
    expect(state.known?.gpus[0]).toMatchObject({
      memoryUsedMiB: 5,
      memoryFreeMiB: 6,
      utilizationGpuPct: 7,
      temperatureC: 8,
      powerDrawW: null,
    });
    expect(applyEvent(state, sample(4, 1, 2))).toBe(state);
    expect(applyEvent(INITIAL_STATE, sample(1, 1, 1, 1, 1, 1))).toBe(INITIAL_STATE);
  });

  test("WIRE-1 a reconnect to the same run adds what was missed; another run, or other GPUs, starts anew", () => {
    const before = apply(hello({ rows: [row(1), row(2)] }));
    expect(seqs(applyEvent(before, hello({ rows: [row(3), row(4)] })))).toEqual([1, 2, 3, 4]);
    expect(seqs(applyEvent(before, hello({ bootId: "b", rows: [row(1)] })))).toEqual([1]);
    expect(seqs(applyEvent(before, hello({ gpus: 2, rows: [row(3, 2)] })))).toEqual([3]);
  });

  test("WIRE-3 what a resume brings stands in place of the gap, between what was known", () => {
    const state = apply(hello({ rows: [row(1)] }), sample(5, 1, 1, 1, 1, 1));
    const history = encodeHistory([row(2), row(3), row(4)], 1);
    const filled = applyEvent(state, {
      type: "resumed",
      sinceSeq: 1,
      resumed: { seq: 5, gpus: gpuList(1), history },
    });
    expect(seqs(filled)).toEqual([1, 2, 3, 4, 5]);
    const broken = applyEvent(state, {
      type: "resumed",
      sinceSeq: 1,
      resumed: { seq: 5, gpus: gpuList(1), history: { columns: 7, data: [1] } },
    });
    expect(seqs(broken)).toEqual([1, 5]);
  });

  test("SMP-12 a failed source makes every reading unknown, also when its last sample was skipped", () => {
    const failed = apply(hello(), { type: "source", source: { ...source, status: "failed" } });
    expect(failed.known?.gpus[0]).toMatchObject({
      memoryUsedMiB: null,
      temperatureC: null,
      memoryTotalMiB: 49_140,
    });
    const stale = apply(hello(), { type: "source", source: { ...source, status: "stale" } });
    expect(stale.known?.gpus[0]?.memoryUsedMiB).not.toBeNull();
  });

  test("CAP-6 only a live connection to a live source is fresh", () => {
    const live = apply(hello(), { type: "connection", status: "live", problem: null });
    expect(selectFresh(live)).toBe(true);
    expect(selectFresh(applyEvent(live, { type: "connection", status: "stale", problem: null }))).toBe(false);
    expect(selectFresh(applyEvent(live, { type: "source", source: { ...source, status: "stale" } }))).toBe(
      false,
    );
    expect(selectFresh(INITIAL_STATE)).toBe(false);
  });

  test("WIRE-2 details change only what they name", () => {
    const state = apply(hello({ gpus: 2 }), { type: "details", details: [[1, { fanPct: 77 }]] });
    expect(state.known?.gpus.map(({ fanPct }) => fanPct)).toEqual([gpuList(1)[0]?.fanPct, 77]);
    expect(state.known?.gpus[1]?.pstate).toBe(gpuList(1)[0]?.pstate);
  });
});
