import { afterEach, describe, expect, test } from "vitest";
import { createFakeNvidiaSmi, type FakeBehaviour, type FakeNvidiaSmi } from "../helpers/fake-nvidia-smi.ts";
import { ownPython } from "../helpers/own-python.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { type RunningSidecar, startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let fake: FakeNvidiaSmi | undefined;
let sidecar: RunningSidecar | undefined;
afterEach(async () => {
  await sidecar?.end("SIGKILL");
  fake?.dispose();
});

async function startLooping(
  behaviour: FakeBehaviour,
  computeAppsBehaviour: FakeBehaviour = { kind: "ok" },
): Promise<{ fake: FakeNvidiaSmi; sidecar: RunningSidecar }> {
  fake = createFakeNvidiaSmi({ behaviour, computeAppsBehaviour });
  sidecar = await startSidecar(["--interval", "200"], { ...fake.env });
  const started = fake;
  await waitUntil(() => started.loopPids().length > 0, { what: "the loop to start" });
  return { fake, sidecar };
}

describe.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("the sidecar ends by %s", (signal) => {
  test("SMP-8 no nvidia-smi is left", async () => {
    const running = await startLooping({ kind: "ok" });
    expect(await running.sidecar.end(signal)).toBe(signal === "SIGKILL" ? "SIGKILL" : 0);
    await waitUntil(() => running.fake.livePids().length === 0, { what: "the last nvidia-smi to end" });
  });

  test("SMP-8 not even one that hangs and ignores SIGTERM", async () => {
    const running = await startLooping({ kind: "hang" });
    await running.sidecar.end(signal);
    await waitUntil(() => running.fake.livePids().length === 0, {
      what: "the hanging nvidia-smi to be killed",
    });
  });

  test("SMP-8 nor one that hangs over a list of processes", async () => {
    const running = await startLooping({ kind: "ok" }, { kind: "hang" });
    const listing = () =>
      running.fake.starts().filter(({ argv }) => argv.some((one) => one.startsWith("--query-compute-apps")));
    // Unwatched, processes are asked for when VRAM has moved: every sample finds that it has.
    let usedMiB = 2000;
    const moving = setInterval(() => {
      usedMiB += 300;
      running.fake.setGpu(0, { "memory.used": usedMiB });
    }, 200);
    await waitUntil(() => listing().length > 0, { what: "a list" }).finally(() => clearInterval(moving));
    await running.sidecar.end(signal);
    await waitUntil(() => running.fake.livePids().length === 0, { what: "the last nvidia-smi to be killed" });
  });
});

/** As the first process of a container does, it inherits what its descendants leave, and counts that. */
const FIRST_PROCESS = `
import ctypes, os, signal, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
child = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
child.wait()
left = 0
try:
    while True:
        os.wait()
        left += 1
except ChildProcessError:
    print("left behind:", left, flush=True)
`;

test("SMP-8 nothing is left for the first process of a container to bury, list after list", async () => {
  fake = createFakeNvidiaSmi();
  const running = fake;
  const under = [await ownPython(), "-c", FIRST_PROCESS];
  sidecar = await startSidecar(["--interval", "200"], { ...fake.env }, undefined, under);
  const panel = connectPanel(sidecar.url);
  await panel.hello();
  const lists = () =>
    running.starts().filter(({ argv }) => argv.some((one) => one.startsWith("--query-compute-apps"))).length;
  for (let done = 1; done <= 3; done++) {
    await waitUntil(() => lists() >= done, { what: `list ${done}`, timeoutMs: 60_000 });
    running.setGpu(0, { "memory.used": 2000 + 1000 * done });
  }
  panel.close();
  await waitUntil(() => running.livePids().length === running.loopPids().length, { what: "the last list" });
  await sidecar.end();
  expect(sidecar.output()).toContain("left behind: 0\n");
});
