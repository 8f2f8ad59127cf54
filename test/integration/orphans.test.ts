import { afterEach, describe, expect, test } from "vitest";
import { createFakeNvidiaSmi, type FakeBehaviour, type FakeNvidiaSmi } from "../helpers/fake-nvidia-smi.ts";
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
): Promise<{ fake: FakeNvidiaSmi; sidecar: RunningSidecar }> {
  fake = createFakeNvidiaSmi({ behaviour });
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
});
