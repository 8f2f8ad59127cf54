import { expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { crowdSurvivesCrash } from "../helpers/jobs-crowd.ts";
import { startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

test("CAP-21 CAP-22 CAP-24 CAP-27 two hundred clients at once through a SIGKILL", {
  timeout: 900_000,
}, async () => {
  const rig = await startRig({ own: true, script: { gpus: [0, 1, 2, 3].map((index) => fakeGpu(index)) } });
  try {
    await waitUntil(async () => (await fetch(`${rig.sidecar.url}healthz`)).ok, { what: "samples" });
    await crowdSurvivesCrash(200, { jobs: jobsClient(() => rig.sidecar.url), rig, roomMiB: 23_080 });
    expect(rig.sidecar.child.exitCode).toBeNull();
  } finally {
    await rig.close();
  }
});
