import { afterEach, expect, test } from "vitest";
import { type Rig, startRig } from "../helpers/rig.ts";
import { TIME_SCALE } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const says = ({ sidecar }: Rig, pattern: RegExp) =>
  waitUntil(() => pattern.test(sidecar.output()), { what: () => `${pattern} in: ${sidecar.output()}` });

test("SMP-9 SMP-9b why no samples come is said in the terminal too, once, and that they come again", async () => {
  const text =
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.";
  rig = await startRig({
    script: { behaviour: { kind: "sentence", text, exitCode: 9 } },
    settings: { interval: 2000 },
    // A scaled one says so in the terminal.
    env: { [TIME_SCALE]: "1" },
  });
  await says(rig, /gpu-status-panel: .*driver/);
  const panel = rig.connect();
  await panel.hello();
  rig.fake.set({ behaviour: { kind: "ok" } });
  await says(rig, /gpu-status-panel: samples come again\./);
  expect(rig.sidecar.output().match(/^gpu-status-panel: /gm)).toHaveLength(2);
});

test("REC-5b a recording that cannot be read is said in the terminal too", async () => {
  rig = await startRig({ flags: ["--source", "replay:/no/such/recording.csv"] });
  await says(rig, /gpu-status-panel: The recording cannot be read: ENOENT\. .*--source/);
});

test("SMP-21 GPUs that were asked for and are not there are named", async () => {
  rig = await startRig({ flags: ["--gpus", "0,9"] });
  await says(rig, /gpu-status-panel: This machine has no GPU 9 \(it has 0\)\./);
});
