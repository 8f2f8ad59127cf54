import { expect, test } from "vitest";
import { createRoomWatch, type RoomSamples } from "../../../../server/capacity/room-watch.ts";
import { createEmitter } from "../../../../server/lib/emitter.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../../shared/gpu/sample.ts";
import { gpusAt } from "../../client/store/small-sidecar.ts";

const TOTAL = 48_000;

/** Samples as a test says them. */
function machine() {
  const emitter = createEmitter<Sample>();
  let nowMs = 0;
  let latest: Sample = { seq: 0, tMs: 0, gpus: [] };
  let isLive = true;
  let wasAsked = false;
  const holds = { samples: 0, processes: 0 };
  const samples: RoomSamples = {
    latest: () => latest,
    isLive: () => isLive,
    nowMs: () => nowMs,
    onSample: emitter.subscribe,
    holdFast() {
      holds.samples++;
      return () => holds.samples--;
    },
    holdProcesses() {
      holds.processes++;
      return () => holds.processes--;
    },
    processesAsked: () => wasAsked,
  };
  const watch = createRoomWatch(samples, (gpu) => ({
    room: gpu,
    reserveMiB: 2400,
    unmarkedMiB: 0,
    regainedMiB: 0,
  }));
  return {
    watch,
    holds,
    answer() {
      wasAsked = true;
    },
    setLive(live: boolean) {
      isLive = live;
    },
    sample(usedMiB: number, processes: Gpu["processes"], atMs = nowMs + 1000) {
      nowMs = atMs;
      const gpus = gpusAt(1, ["GPU-a"]).map((gpu) => ({
        ...gpu,
        memoryTotalMiB: TOTAL,
        memoryUsedMiB: usedMiB,
        memoryFreeMiB: TOTAL - usedMiB,
        processes,
      }));
      latest = { seq: latest.seq + 1, tMs: nowMs, gpus };
      emitter.emit(latest);
    },
    views: () => watch.now()[0]?.views,
  };
}

const list = (usedMiB: number | null) => [{ pid: 1, name: null, usedMiB }];

test("CAP-25 a list of processes counts beside the least free VRAM from just before it until now", () => {
  const { sample, views } = machine();
  sample(10_000, null);
  expect(views()).toEqual([{ by: "nothing", freeMiB: 38_000 }]);
  const listed = list(30_000);
  // It was listed at its peak between two samples; neither shows it, and what it gave back may be another's by now.
  sample(32_000, listed);
  expect(views()).toEqual([
    { by: "nothing", freeMiB: 16_000 },
    { by: "process", freeMiB: 16_000, processes: listed },
  ]);
  sample(5000, listed);
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 16_000 });
  // A new list begins anew, from the sample before it.
  sample(20_000, list(4000));
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 28_000 });
});

test("CAP-25 a list that is newer than its sample leaves no more free than what it tells", () => {
  const { sample, views } = machine();
  sample(10_000, list(1000));
  sample(10_000, list(30_000));
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: TOTAL - 30_000 });
  // A sum that is more than there is tells nothing.
  sample(10_000, list(TOTAL + 1));
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: TOTAL - 10_000 });
});

test("CAP-37 what a process that came for a job held is free when its job has ended and free VRAM shows it", () => {
  const { watch, sample, views } = machine();
  const [server, job, backend] = [2, 3, 4].map((pid) => ({ pid, name: null, usedMiB: 5000 }));
  if (server === undefined || job === undefined || backend === undefined) throw new Error("three processes");
  sample(5000, [server], 1000);
  const listed = [server, job, { ...backend, backend: "comfyui" }];
  sample(15_000, listed, 3000);
  sample(15_000, listed, 4000);
  // Who was there before, and a backend, live on; so does one that may be of any age.
  for (const pid of [2, 4, 9]) watch.ended({ pid, gpus: [0], startedAtMs: 2000 });
  watch.ended({ pid: 3, gpus: [0], startedAtMs: 3500 });
  watch.ended({ pid: 3, gpus: [1], startedAtMs: 2000 });
  sample(9000, listed, 5000);
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 33_000 });
  watch.ended({ pid: 3, gpus: [0], startedAtMs: 2000 });
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 38_000 });
  // Not before it is free, and nothing beyond what it held: that may be anybody's.
  sample(14_000, listed, 6000);
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 34_000 });
  sample(4000, listed, 7000);
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 38_000 });
  // The next list tells by itself.
  sample(12_000, [server, backend], 8000);
  expect(views()?.[1]).toMatchObject({ by: "process", freeMiB: 36_000 });
});

test("CAP-25 a list that is old tells nothing", () => {
  const { sample, views } = machine();
  const listed = list(30_000);
  sample(30_000, null);
  sample(30_000, listed, 2000);
  sample(30_000, listed, 16_999);
  expect(views()).toHaveLength(2);
  sample(30_000, listed, 17_000);
  expect(views()).toEqual([{ by: "nothing", freeMiB: 18_000 }]);
});

test("CAP-25 growth counts only where the machine was asked and tells no process", () => {
  const { sample, views, answer } = machine();
  sample(10_000, null);
  expect(views()).toHaveLength(1);
  answer();
  for (const silent of [null, [], list(null)]) {
    sample(12_000, silent);
    expect(views()?.[1]).toEqual({ by: "growth", freeMiB: 36_000, usedMiB: 12_000 });
  }
});

test("CAP-25 growth is nobody's where the machine has ever told who holds what: a list that is empty or failed is no other", () => {
  const { sample, views, answer } = machine();
  answer();
  sample(10_000, list(9000));
  sample(9000, [], 2000);
  sample(30_000, [], 3000);
  expect(views()).toEqual([{ by: "nothing", freeMiB: 18_000 }]);
  sample(30_000, null, 4000);
  expect(views()).toEqual([{ by: "nothing", freeMiB: 18_000 }]);
});

test("CAP-25 SMP-14 processes are wanted while a job waits for what another holds, samples while there are jobs", () => {
  const { watch, holds } = machine();
  watch.setNeed({ samples: true, processes: false });
  expect(holds).toEqual({ samples: 1, processes: 0 });
  watch.setNeed({ samples: true, processes: true });
  watch.setNeed({ samples: true, processes: true });
  expect(holds).toEqual({ samples: 1, processes: 1 });
  watch.setNeed({ samples: true, processes: false });
  expect(holds).toEqual({ samples: 1, processes: 0 });
  watch.setNeed({ samples: true, processes: true });
  watch.close();
  watch.close();
  expect(holds).toEqual({ samples: 0, processes: 0 });
});

test("CAP-26 figures that are not of now are no room", () => {
  const { sample, views, setLive, watch } = machine();
  sample(1000, null);
  expect(watch.now()[0]).toMatchObject({ totalMiB: TOTAL, reserveMiB: 2400, usedMiB: 1000 });
  setLive(false);
  expect(views()).toEqual([]);
  expect(watch.now()[0]?.usedMiB).toBeNull();
});
