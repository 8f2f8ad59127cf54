import { expect, inject, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { ROOM, startJobs } from "../helpers/jobs-rig.ts";
import { runsSurviveKills } from "../helpers/runs-crowd.ts";

test("CLI-8 of fifty runs at once, each with one SIGKILL of wrapper, program or sidecar, no GPU is over-committed", async () => {
  const { rig, jobs } = await startJobs({
    own: true,
    script: { gpus: [fakeGpu(0), fakeGpu(1), fakeGpu(2)] },
  });
  const seen = await runsSurviveKills(50, { rig, jobs, roomMiB: ROOM, seed: inject("seed") });
  process.stdout.write(`runs: ${JSON.stringify(seen)}\n`);
  expect(seen.looks).toBeGreaterThan(100);
}, 900_000);
