import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import {
  createFakeNvidiaSmi,
  type FakeNvidiaSmi,
  type FakeScript,
  fakeGpu,
} from "../helpers/fake-nvidia-smi.ts";
import { type RecordedSampler, recordSampler } from "../helpers/recorded-sampler.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const corpus = (name: string) =>
  readFileSync(new URL(`../fixtures/nvidia-smi/corpus/${name}`, import.meta.url), "utf8");

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

function start(
  script: Partial<FakeScript> = {},
  watched = true,
): { fake: FakeNvidiaSmi; sampler: RecordedSampler } {
  const fake = createFakeNvidiaSmi(script);
  opened.push(fake.dispose);
  const sampler = recordSampler(fake);
  opened.push(sampler.close);
  if (watched) sampler.setWatched(true);
  return { fake, sampler };
}

const isLive = ({ status }: { status: string }) => status === "live";
const loopStarts = (fake: FakeNvidiaSmi) =>
  fake.starts().filter(({ argv }) => argv.some((argument) => argument.startsWith("--query-gpu")));

describe("a healthy nvidia-smi", () => {
  test("SMP-5 many samples come from one child", async () => {
    const { fake, sampler } = start({ gpus: [fakeGpu(0), fakeGpu(1)] });
    await waitUntil(() => sampler.samples.length >= 12, { what: "12 samples" });
    expect(loopStarts(fake)).toHaveLength(1);
    expect(sampler.samples.map(({ seq }) => seq)).toEqual(sampler.samples.map((_, i) => i + 1));
    expect(sampler.latest().gpus.map(({ index }) => index)).toEqual([0, 1]);
  });

  test("SMP-2 SMP-3 cut lines, sentences and odd names cost no sample", async () => {
    const odd = 'NVIDIA "A, B" (rev, 2), 48GB';
    const { sampler } = start({
      gpus: [fakeGpu(0, { name: odd }), fakeGpu(1, { "utilization.gpu": "[Unknown Error]" })],
      linesAfterGpu: { "-1": [""], 0: ["some text that nobody knows", ""] },
      chunking: "bytes",
    });
    const { gpus } = await sampler.sampleWhere((sample) => sample.seq >= 3, "a third sample");
    expect(gpus.map(({ name }) => name)).toEqual([odd, fakeGpu(1).name]);
    expect(gpus[0]?.memoryUsedMiB).toBe(fakeGpu(0)["memory.used"]);
    expect(gpus[1]?.utilizationGpuPct).toBeNull();
    expect(gpus[1]?.memoryUsedMiB).toBe(fakeGpu(1)["memory.used"]);
  });

  test.each(["390", "470", "535", "550", "595", "610"])(
    "SMP-4 driver branch %s is asked only for fields it knows",
    async (fields) => {
      const { fake, sampler } = start({ fields });
      const { gpus } = await sampler.sampleWhere(() => true, "a sample");
      expect(gpus[0]?.memoryTotalMiB).toBe(fakeGpu(0)["memory.total"]);
      expect(gpus[0]?.throttle).toEqual([]);
      expect(loopStarts(fake)).toHaveLength(1);
    },
  );

  test("SMP-4b without a readable help, refused fields are dropped one by one", async () => {
    const { fake, sampler } = start({ fields: "390", helpFails: true });
    const { gpus } = await sampler.sampleWhere(() => true, "a sample");
    expect(gpus[0]?.memoryUsedMiB).toBe(fakeGpu(0)["memory.used"]);
    expect(gpus[0]?.memoryReservedMiB).toBeNull();
    expect(loopStarts(fake).length).toBeGreaterThan(1);
    expect(sampler.sources.some(({ status }) => status === "failed")).toBe(false);
  });

  test("SMP-10 SMP-10b the rate follows the watching, and the exchange leaves no hole", async () => {
    const { fake, sampler } = start({}, false);
    await waitUntil(() => sampler.samples.length >= 1, { what: "the first idle sample" });
    expect(sampler.source().intervalMs).toBe(5000);
    sampler.setWatched(true);
    await waitUntil(() => sampler.samples.length >= 6, { what: "samples at the full rate" });
    expect(sampler.source().intervalMs).toBe(200);
    await waitUntil(() => fake.loopPids().length === 1, { what: "the slow loop to end" });
    expect(loopStarts(fake).map(({ argv }) => argv.at(-1))).toEqual(["5000", "200"]);
    expect(sampler.sources.every(isLive) || sampler.sources[0]?.status === "starting").toBe(true);
  });

  test("SMP-11 SMP-11b a GPU that vanishes stays as lost and comes back; a new one is added", async () => {
    const { fake, sampler } = start({ gpus: [fakeGpu(0), fakeGpu(1)] });
    await sampler.sampleWhere(({ gpus }) => gpus.length === 2, "two GPUs");
    fake.set({ gpus: [fakeGpu(0)] });
    const without = await sampler.sampleWhere(({ gpus }) => gpus[1]?.lost === true, "GPU 1 to be lost");
    expect(without.gpus[1]).toMatchObject({ memoryUsedMiB: null, temperatureC: null, processes: null });
    expect(without.gpus[0]?.memoryUsedMiB).toBe(fakeGpu(0)["memory.used"]);
    const source = await sampler.sourceWhere(({ problem }) => problem !== null, "a warning");
    expect(source).toMatchObject({ status: "live", problem: { code: "gpu-lost" } });
    fake.set({ gpus: [fakeGpu(0), fakeGpu(1), fakeGpu(2)] });
    const back = await sampler.sampleWhere(({ gpus }) => gpus.length === 3, "three GPUs");
    expect(back.gpus.map(({ lost }) => lost)).toEqual([false, false, false]);
    await sampler.sourceWhere(({ problem }) => problem === null, "the warning to go");
  });

  test("SMP-11 one GPU of three that fails in words costs the others nothing", async () => {
    const { fake, sampler } = start({ gpus: [fakeGpu(0), fakeGpu(1), fakeGpu(2)] });
    await sampler.sampleWhere(({ gpus }) => gpus.length === 3, "three GPUs");
    fake.set({
      gpus: [fakeGpu(0), fakeGpu(2)],
      linesAfterGpu: {
        0: [corpus("err-gpu-unknown-nospace.txt").trim(), "[Unknown Error], [Unknown Error]"],
      },
    });
    const sample = await sampler.sampleWhere(({ gpus }) => gpus[1]?.lost === true, "GPU 1 to be lost");
    expect(sample.gpus[2]?.memoryUsedMiB).toBe(fakeGpu(2)["memory.used"]);
    const source = await sampler.sourceWhere(({ problem }) => problem?.code === "gpu-lost", "the warning");
    expect(source.status).toBe("live");
    expect(source.problem?.message).toContain("CB:00.0");
  });

  test("SMP-14 SMP-14c processes are asked for while somebody watches, not while nobody does and nothing moves", async () => {
    const process = {
      gpu_uuid: String(fakeGpu(0).uuid),
      pid: 4321,
      process_name: "python,wan.py",
      used_memory: 900,
    };
    const { fake, sampler } = start({ processes: [process] }, false);
    const asked = () => fake.starts().filter(({ argv }) => argv[0]?.startsWith("--query-compute-apps"));
    await waitUntil(() => sampler.samples.length >= 1, { what: "an idle sample" });
    expect(asked()).toHaveLength(0);
    expect(sampler.latest().gpus[0]?.processes).toBeNull();
    sampler.setWatched(true);
    const { gpus } = await sampler.sampleWhere((sample) => sample.gpus[0]?.processes != null, "processes");
    expect(gpus[0]?.processes).toEqual([{ pid: 4321, name: "python,wan.py", usedMiB: 900 }]);
    // Not with each sample. More than one only where 10 s have gone by, as they may on a busy machine.
    const at = asked().map((start) => start.at);
    for (const [i, time] of at.slice(1).entries()) expect(time - (at[i] ?? time)).toBeGreaterThan(9_000);
    expect(at.length).toBeLessThan(sampler.samples.length);
  });

  test("SMP-14d what other children of the sidecar have used the CPU for costs no list of processes", async () => {
    const { fake, sampler } = start({ computeAppsBehaviour: { kind: "hang" } }, false);
    await sampler.sampleWhere(({ seq }) => seq >= 1, "a sample");
    sampler.setWatched(true);
    const lists = () =>
      fake.starts().filter(({ argv }) => argv.some((one) => one.startsWith("--query-compute-apps")));
    const [first] = await waitUntil(() => lists().length > 0 && lists(), { what: "a list" });
    // As an old query loop that is exchanged for a faster one does: what it took in days ends up in this moment.
    const burn = "const end = performance.now() + 1000; while (performance.now() < end);";
    await promisify(execFile)(process.execPath, ["-e", burn]);
    fake.set({ computeAppsBehaviour: { kind: "ok" } });
    process.kill(first?.pid ?? 0, "SIGKILL");
    await waitUntil(() => lists().length > 1, { what: "the next list" });
  });

  test("SMP-14b unwatched, processes are asked for once VRAM in use has moved by 256 MiB", async () => {
    const { fake, sampler } = start({ gpus: [fakeGpu(0)] }, false);
    sampler.holdFast();
    const asked = () => fake.starts().filter(({ argv }) => argv[0]?.startsWith("--query-compute-apps"));
    await waitUntil(() => sampler.samples.length >= 1, { what: "a sample" });
    const used = Number(fakeGpu(0)["memory.used"]);
    fake.set({ gpus: [{ ...fakeGpu(0), "memory.used": used + 255 }] });
    await sampler.sampleWhere((sample) => sample.gpus[0]?.memoryUsedMiB === used + 255, "a small step");
    expect(asked()).toHaveLength(0);
    fake.set({ gpus: [{ ...fakeGpu(0), "memory.used": used + 256 }] });
    await waitUntil(() => asked().length > 0, { what: "processes after a larger step" });
  });
});

describe("an nvidia-smi in trouble", () => {
  test("SMP-6 a child that is killed is replaced, and samples go on", async () => {
    const { fake, sampler } = start();
    await waitUntil(() => sampler.samples.length >= 2, { what: "samples" });
    const [before] = fake.loopPids();
    fake.kill("SIGKILL");
    await waitUntil(() => sampler.sources.some(({ problem }) => problem?.code === "process-ended"), {
      what: "the end to be told",
    });
    await sampler.sourceWhere(isLive, "samples to come back");
    expect(fake.loopPids()).not.toContain(before);
    expect(fake.loopPids()).toHaveLength(1);
  });

  test("SMP-6 SMP-6b while it goes on failing, attempts become rarer; who asks for one gets it at once", async () => {
    const { fake, sampler } = start({ behaviour: { kind: "exit", code: 1 } });
    await waitUntil(() => loopStarts(fake).length >= 4, { what: "four attempts" });
    const at = loopStarts(fake).map((attempt) => attempt.at);
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? time));
    // A busy machine starts a child late; sooner than after its pause none is started. 10 ms: the clocks of two processes.
    for (const [i, leastMs] of [1000, 2000, 4000].entries())
      expect(pauses[i]).toBeGreaterThanOrEqual(leastMs - 10);
    expect(sampler.source().status).toBe("failed");
    fake.set({ behaviour: { kind: "ok" } });
    await waitUntil(
      async () => {
        await sampler.retry();
        return isLive(sampler.source());
      },
      { what: "samples" },
    );
    const [before = 0, asked = 0] = loopStarts(fake)
      .map((attempt) => attempt.at)
      .slice(3);
    expect(asked - before).toBeLessThan(8000);
    // Nothing to be tried any more.
    await sampler.retry();
    expect(loopStarts(fake)).toHaveLength(5);
  });

  test("SMP-7 a child that hangs is killed and replaced, also when it ignores SIGTERM", async () => {
    const { fake, sampler } = start();
    await waitUntil(() => sampler.samples.length >= 2, { what: "samples" });
    const hanging = fake.loopPids();
    fake.set({ behaviour: { kind: "hang" } });
    const source = await sampler.sourceWhere(
      ({ problem }) => problem?.code === "no-output",
      "the silence to be told",
    );
    expect(source.status).toBe("stale");
    fake.set({ behaviour: { kind: "ok" } });
    await sampler.sourceWhere(isLive, "samples to come back");
    await waitUntil(() => fake.loopPids().every((pid) => !hanging.includes(pid)), {
      what: "the hanging one to die",
    });
  });

  const endings: [string, string, number][] = [
    ["no-driver", "err-no-driver.txt", 9],
    ["driver-library-mismatch", "err-mismatch.txt", 255],
    ["driver-library-mismatch", "err-mismatch-550.txt", 18],
    ["driver-library-mismatch", "err-mismatch-smi-nvml.txt", 255],
    ["nvml-unknown-error", "err-nvml-unknown-docker.txt", 255],
    ["gpu-lost", "err-gpu-lost-old.txt", 15],
    ["gpu-lost", "err-gpu-unknown-old.txt", 255],
    ["gpu-needs-reset", "err-gpu-needs-reset.txt", 255],
  ];
  test.each(endings)(
    "SMP-9 SMP-12 %s (%s): told with advice, readings forgotten, recovers by itself",
    async (code, file, exitCode) => {
      const { fake, sampler } = start();
      await sampler.sampleWhere(({ gpus }) => gpus[0]?.memoryUsedMiB != null, "a sample");
      fake.set({ behaviour: { kind: "sentence", text: corpus(file), exitCode } });
      const source = await sampler.sourceWhere(
        (state) => state.problem?.code === code && state.status === "failed",
        code,
      );
      expect(source.problem?.advice).not.toBe("");
      expect(sampler.latest().gpus[0]).toMatchObject({ memoryUsedMiB: null, utilizationGpuPct: null });
      fake.set({ behaviour: { kind: "ok" } });
      await sampler.sourceWhere((state) => isLive(state) && state.problem === null, "samples to come back");
      await sampler.sampleWhere(({ gpus }) => gpus[0]?.memoryUsedMiB != null, "a reading");
    },
  );

  test("SMP-9 a loop that prints a sentence in place of rows is told at once", async () => {
    const { fake, sampler } = start();
    await sampler.sampleWhere(() => true, "a sample");
    fake.set({ behaviour: { kind: "sentence-loop", text: "Failed to initialize NVML: Unknown Error" } });
    await sampler.sourceWhere(
      ({ problem }) => problem?.code === "nvml-unknown-error",
      "the sentence to be told",
    );
    fake.set({ behaviour: { kind: "sentence-loop", text: corpus("err-gpu-unknown-610.txt").trim() } });
    await sampler.sourceWhere(({ problem }) => problem?.code === "gpu-lost", "the lost GPU to be told");
    fake.set({ behaviour: { kind: "ok" } });
    await sampler.sourceWhere((state) => isLive(state) && state.problem === null, "samples to come back");
  });

  test("SMP-9 a command that does not exist is told as such", async () => {
    const fake = createFakeNvidiaSmi();
    opened.push(fake.dispose);
    const sampler = recordSampler({ ...fake, path: "/nonexistent/nvidia-smi" });
    opened.push(sampler.close);
    const source = await sampler.sourceWhere(({ status }) => status === "failed", "a failure");
    expect(source.problem?.code).toBe("nvidia-smi-not-found");
  });
});
