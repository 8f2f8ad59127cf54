import { afterEach, expect, test } from "vitest";
import { fakeGpu } from "/tmp/wt/cap/test/helpers/fake-nvidia-smi.ts";
import { jobsClient, idOf } from "/tmp/wt/cap/test/helpers/jobs-client.ts";
import { startRig } from "/tmp/wt/cap/test/helpers/rig.ts";
import { waitUntil } from "/tmp/wt/cap/test/helpers/wait-until.ts";
test("dbg", {timeout: 60000}, async () => {
  const running = await startRig({});
  const jobs = jobsClient(() => running.sidecar.url);
  await waitUntil(async () => (await fetch(`${running.sidecar.url}healthz`)).status === 200, { what: "samples" });
    running.fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
    running.fake.kill("SIGKILL");
    await waitUntil(async () => (await fetch(`${running.sidecar.url}healthz`)).status === 503, { what: "503" });
    const asked = await jobs.ask({ peakMiB: 1000 });
    console.log(JSON.stringify(asked));
    running.fake.set({ behaviour: { kind: "ok" } });
    for (let i = 0; i < 6; i++) {
      await new Promise((r) => setTimeout(r, 2000));
      console.log(JSON.stringify((await jobs.show(idOf(asked))).job));
      const { state } = await (await fetch(`${running.sidecar.url}api/v1/state`)).json();
      console.log(JSON.stringify([state.source.status, state.promises, state.gpus[0]?.processes]));
    }
    console.log(running.sidecar.output());
  await running.close();
});
