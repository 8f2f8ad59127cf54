import { expect, onTestFinished, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

test("REL-25 REL-25b asked in vain twice it counts nowhere, over a restart, until it gives something back", async () => {
  let gives = false;
  const gpu = fakeGpu(0, { "memory.used": 20_000, "memory.total": 24_564, "utilization.gpu": 0 });
  const rig = await startRig({
    // The process that listens is this one.
    script: {
      gpus: [gpu],
      processes: [
        { gpu_uuid: String(gpu.uuid), pid: process.pid, process_name: "python", used_memory: 18_000 },
      ],
    },
    settings: { releasePatience: 500 },
    hookStatus: () => ({ busy: false }),
    hook: (fake) => (response) => {
      if (gives) fake.setGpu(0, { "memory.used": 2_500 });
      response.writeHead(204).end();
    },
  });
  onTestFinished(() => rig.close());
  const ask = async (path: string) => (await fetch(`${rig.sidecar.url}api/v1/${path}`)).json();
  const state = async () => (await ask("state")).state;
  const watched = () => rig.connect().hello();
  const reclaimable = async (mib: number) =>
    waitUntil(async () => (await state()).promises[0]?.reclaimableMiB === mib, {
      what: `${mib} MiB that a release would give back`,
    });
  async function release() {
    const headers = { "content-type": "application/json" };
    const posted = await fetch(`${rig.sidecar.url}api/v1/release`, { method: "POST", headers });
    const { id } = await posted.json();
    return waitUntil(
      async () => {
        const now = await ask(`release/${id}`);
        return now.state === "done" || now.state === "failed" ? now : null;
      },
      { what: "the release to end" },
    );
  }
  const options = async () =>
    (await ask("fit?profile=cogvideox-2b-t2v")).options.map(({ kind }: { kind: string }) => kind);

  await watched();
  await reclaimable(17_700);
  expect(await release()).toMatchObject({ estimateMiB: 17_700, problem: { code: "nothing-freed" } });
  expect((await state()).backends[0].givesNothing).toBe(false);
  expect(await options()).toContain("release");
  expect(await release()).toMatchObject({ estimateMiB: 17_700, problem: { code: "nothing-freed" } });
  expect((await state()).backends[0].givesNothing).toBe(true);
  await reclaimable(0);
  const { options: offered } = await ask("fit?profile=cogvideox-2b-t2v");
  expect(offered).toContainEqual({ kind: "restart", backends: ["http"], gainMiB: 17_700, enough: true });
  expect(await options()).not.toContain("release");

  await rig.restart();
  await watched();
  await waitUntil(async () => (await state()).backends[0].givesNothing, { what: "that it is remembered" });
  await reclaimable(0);
  gives = true;
  expect(await release()).toMatchObject({ estimateMiB: 0, state: "done", freedMiB: 17_500 });
  expect((await state()).backends[0].givesNothing).toBe(false);
  // No more than is in use.
  await reclaimable(2_500);
});
