import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createDecisionRecord,
  type DecisionRecord,
} from "../../../../server/recording/decisions/decision-record.ts";
import type { DecisionInput } from "../../../../server/recording/decisions/input.ts";
import { createRecorder } from "../../../../server/recording/decisions/recorder.ts";
import { openSegmentStore } from "../../../../server/recording/decisions/store.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { jobBodySchema } from "../../../../shared/protocol/job-requests.ts";
import { succeed } from "../../../../shared/protocol/reply.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

const START = 1_795_000_000_000;
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

let folder: string;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gpu-panel-decisions-"));
  said.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, "decisions.sqlite");
function open(isOurs = () => true) {
  const hold = { mayWrite: isOurs };
  const store = openSegmentStore(file(), (text) => said.push(text), hold);
  let nowMs = START;
  const record = createDecisionRecord({ store, standing: () => recorder.standing(), mostWaiting: 20_000 });
  const recorder = createRecorder({
    record: () => record,
    version: "1.2.3",
    jobs: () => [],
    nowMs: () => nowMs,
  });
  const sampleAt = (atMs: number, ...gpus: Gpu[]) => {
    nowMs = atMs;
    recorder.sample(gpus);
  };
  return { store, record, recorder, sampleAt };
}
async function all(record: DecisionRecord, fromMs = 0, toMs = START + 100 * DAY) {
  const found: DecisionInput[] = [];
  for await (const input of record.read(fromMs, toMs)) found.push(input);
  return found;
}
const samplesIn = (inputs: readonly DecisionInput[]) => inputs.filter(({ kind }) => kind === "sample");
const topicsIn = (inputs: readonly DecisionInput[]) =>
  inputs.flatMap((input) => (input.kind === "note" ? input.note.topic : []));
const processes = [{ pid: 7, name: "python", usedMiB: 9000 }];

describe("what decisions were made from", () => {
  test("REC-10 asks, ends, lists and samples come back in their order, also from another run and beside one that runs", async () => {
    const body = v.parse(jobBodySchema, { peakMiB: 9000, label: "film" });
    const first = open();
    first.sampleAt(START, gpuWith({ uuid: "G", memoryUsedMiB: 430, processes: null }));
    first.recorder.ask(body, succeed({ id: "a", state: "running" }));
    first.sampleAt(START + 1040, gpuWith({ uuid: "G", memoryUsedMiB: 9430, processes }));
    first.sampleAt(
      START + 2 * SECOND,
      gpuWith({ uuid: "G", memoryUsedMiB: 9430, processes: [...processes] }),
    );
    first.recorder.started("b", [0]);
    first.recorder.patch("a", {});
    first.recorder.patch("a", { phase: "denoise" });
    first.recorder.end("a", { outcome: "done", oom: false });
    const live = await all(first.record);
    first.record.close();
    const second = open();
    expect(await all(second.record)).toEqual(live);
    expect(live.map((input) => (input.kind === "note" ? input.note.topic : input.kind))).toEqual([
      ...["gpus", "backends", "jobs", "start", "gpus", "sample", "ask", "processes", "sample", "sample"],
      ...["started", "patch", "end"],
    ]);
    expect(live.find((input) => input.kind === "processes")).toMatchObject({ gpu: 0, processes });
    expect(samplesIn(live).map(({ atMs }) => atMs - START)).toEqual([0, 1000, 2000]);
    second.record.close();
  });

  test("REC-10b a stretch can be read without what was long before: its segment says what stood", async () => {
    const { record, sampleAt } = open();
    for (let s = 0; s < 3 * 3600; s += 5)
      sampleAt(START + s * SECOND, gpuWith({ uuid: "G", memoryUsedMiB: 430 + (s % 7), processes }));
    const some = await all(record, START + 2.5 * HOUR, START + 2.6 * HOUR);
    expect(some[0]?.atMs).toBe(START + 2 * HOUR);
    expect(topicsIn(some)).toEqual(["gpus", "backends", "jobs"]);
    expect(some.filter(({ kind }) => kind === "processes")).toHaveLength(1);
    expect(samplesIn(some)).toHaveLength(0.6 * 720 + 1);
    // What stands is said once, not at the beginning of every segment.
    const whole = await all(record);
    expect(whole.filter(({ kind }) => kind === "processes")).toHaveLength(1);
    expect(samplesIn(whole)).toHaveLength(3 * 720);
    record.close();
  });

  test("REC-12 the oldest goes when it is too old or there is too much, whole segments at a time", async () => {
    const { record, store, sampleAt } = open();
    for (let hour = 0; hour < 10; hour++)
      for (let s = 0; s < 60; s++)
        sampleAt(
          START + hour * HOUR + s * SECOND,
          gpuWith({ uuid: "G", memoryUsedMiB: (s * 997 + hour) % 9000 }),
        );
    record.flush();
    const hours = async () =>
      new Set(samplesIn(await all(record)).map(({ atMs }) => Math.floor((atMs - START) / HOUR)));
    store.prune(START + 3 * HOUR, Number.MAX_SAFE_INTEGER);
    expect([...(await hours())]).toEqual([3, 4, 5, 6, 7, 8, 9]);
    store.prune(0, 1000);
    const left = [...(await hours())];
    expect(left.length).toBeLessThan(4);
    expect(left.at(-1)).toBe(9);
    record.close();
  });

  test("REC-12b while another panel has the folder a bounded part is kept in memory, and written afterwards", async () => {
    let isOurs = false;
    const { record, sampleAt } = open(() => isOurs);
    for (let s = 0; s < 4 * 3600; s++)
      sampleAt(START + s * SECOND, gpuWith({ uuid: "G", memoryUsedMiB: (s * 997) % 9000 }));
    record.flush();
    const kept = samplesIn(await all(record));
    expect(kept.length).toBeGreaterThan(1000);
    expect(kept.length).toBeLessThan(4 * 3600);
    expect(kept.at(-1)?.atMs).toBe(START + (4 * 3600 - 1) * SECOND);
    isOurs = true;
    record.flush();
    record.close();
    const again = open();
    expect(samplesIn(await all(again.record))).toEqual(kept);
    again.record.close();
    expect(said).toEqual([]);
  });

  test("REC-12c bytes that are spoilt cost the rest of their segment and nothing else", async () => {
    const { record, sampleAt } = open();
    for (const hour of [0, 2])
      for (let s = 0; s < 10; s++)
        sampleAt(START + hour * HOUR + s * SECOND, gpuWith({ uuid: "G", memoryUsedMiB: 100 + s }));
    record.close();
    const sql = new Database(file());
    sql.exec("UPDATE parts SET body = x'01FF' WHERE segment = (SELECT MIN(segment) FROM parts)");
    sql.close();
    const again = open();
    expect(samplesIn(await all(again.record))).toHaveLength(10);
    again.record.close();
  });

  test("REC-11 an idle machine takes less than 20 kB a day, eight busy GPUs less than 10 MB", () => {
    const idle = open();
    for (let s = 0; s < 86_400; s += 5)
      idle.sampleAt(
        START + s * 1000.6,
        gpuWith({ uuid: "G", memoryUsedMiB: 430, utilizationGpuPct: 0, processes: [] }),
      );
    idle.record.close();
    const bytesOf = () => {
      const sql = new Database(file());
      const row = sql.prepare("SELECT SUM(size) AS bytes FROM parts").get();
      sql.close();
      return v.parse(v.object({ bytes: v.number() }), row).bytes;
    };
    const idleBytes = bytesOf();
    rmSync(file());
    const busy = open();
    const many = (s: number) =>
      Array.from({ length: 8 }, (_, i) => {
        const used = 8000 + ((s * 611 + i * 97) % 9000);
        const list = [{ pid: 5000 + i, name: "python", usedMiB: 8000 + ((Math.floor(s / 10) * 611) % 9000) }];
        return gpuWith({
          uuid: `GPU-${i}`,
          index: i,
          memoryUsedMiB: used,
          memoryFreeMiB: 24_164 - used,
          utilizationGpuPct: (s * 31 + i) % 101,
          processes: list,
        });
      });
    for (let s = 0; s < 3600; s++) busy.sampleAt(START + s * 1000.6, ...many(s));
    busy.record.close();
    const busyBytes = bytesOf() * 24;
    expect(idleBytes).toBeLessThan(20_000);
    expect(busyBytes).toBeLessThan(10_000_000);
  });
});
