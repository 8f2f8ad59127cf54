import { expect, test, vi } from "vitest";
import { createEmitter } from "../../../../server/lib/emitter.ts";
import { createSampleReader } from "../../../../server/release/samples.ts";
import type { Sample } from "../../../../shared/gpu/sample.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

function machine(refreshProcesses: () => Promise<void>) {
  const emitter = createEmitter<Sample>();
  let latest: Sample = { seq: 0, tMs: 0, gpus: [] };
  const reader = createSampleReader(
    {
      ...{ latest: () => latest, isLive: () => true, nowMs: () => 1000, onSample: emitter.subscribe },
      ...{ holdFast: () => () => {}, refreshProcesses },
    },
    undefined,
    { sampleMs: 60_000, processesMs: 1 },
  );
  return {
    reader,
    come(tMs: number, memoryUsedMiB: number) {
      const processes = [{ pid: 7, name: "python", usedMiB: 1 }];
      latest = { seq: latest.seq + 1, tMs, gpus: [gpuWith({ index: 0, memoryUsedMiB, processes })] };
      emitter.emit(latest);
    },
  };
}

const { signal } = new AbortController();

test("REL-1b a sample on its way that was measured before the release was asked for is not its first", async () => {
  const { reader, come } = machine(async () => {});
  const asked = [reader.snapshot(signal).then(({ levels }) => levels[0]?.usedMiB), reader.fresh(signal)];
  // The list has come by then.
  await new Promise(setImmediate);
  come(999, 20_123);
  come(1000, 19_123);
  expect(await Promise.all(asked)).toMatchObject([19_123, { tMs: 1000 }]);
});

test("REL-1b a list that does not come in time is not known, and the one of before does not stand in for it", async () => {
  const { reader, come } = machine(() => new Promise(() => {}));
  come(999, 20_123);
  const asked = reader.snapshot(signal);
  // It waits for a sample once it has given the list up.
  await vi.waitFor(() => {
    come(1000, 19_123);
    return Promise.race([asked, Promise.reject(new Error("not yet"))]);
  });
  expect((await asked).processes).toEqual([{ index: 0, processes: null }]);
});
