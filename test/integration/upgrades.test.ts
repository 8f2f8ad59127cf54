import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** What the build of commit 022d59d (schema 2) wrote: three finished jobs with what they taught, one that runs, one that waits. */
const OLD = fileURLToPath(new URL("../fixtures/data/capacity-of-schema-2.sqlite", import.meta.url));
/** A line of that build's audit. */
const RELEASE =
  '{"id":"1b64805e","startedAt":1795272839968,"finishedAt":1795272847063,"requestedBy":"127.0.0.1","mode":"now","state":"done","freedMiB":47373,"gpus":[{"index":0,"beforeMiB":39229,"afterMiB":2000,"freedMiB":37229}],"parts":[{"backend":"comfyui","state":"done","freedMiB":47373,"problem":null}],"problem":null}';
const UUID = "GPU-00000000-0000-0000-0000-000000000000";

let dataDir: string;
let rig: Rig | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "gpu-panel-old-data-"));
  copyFileSync(OLD, join(dataDir, "capacity.sqlite"));
  writeFileSync(join(dataDir, "releases.jsonl"), `${RELEASE}\n`);
});
afterEach(async () => {
  await rig?.close();
  rig = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

test("CAP-27 an upgrade keeps the jobs, what was learned and the past releases, and so does the next start", async () => {
  const gpus = [fakeGpu(0, { uuid: UUID, "memory.total": 24_564, "memory.used": 500 })];
  const running = await startRig({ script: { gpus }, env: { GPU_PANEL_DATA_DIR: dataDir } });
  rig = running;
  const jobs = jobsClient(() => running.sidecar.url);
  const kept = async () => {
    await waitUntil(async () => (await fetch(`${running.sidecar.url}healthz`)).status === 200, {
      what: "samples",
    });
    const { profiles } = await (await fetch(`${running.sidecar.url}api/v1/profiles`)).json();
    const { peakMiB, uncertaintyMiB, seen, basis } = profiles[0];
    const listed = (await jobs.list()).map(({ label, state, gpus, peakMiB: peak, position }) => ({
      label,
      state,
      gpus,
      peak,
      position,
    }));
    return { jobs: listed, learned: { peakMiB, uncertaintyMiB, seen, basis } };
  };
  const expected = {
    jobs: [
      { label: "running", state: "running", gpus: [0], peak: 13_300, position: null },
      { label: "waiting", state: "waiting", gpus: [], peak: 20_000, position: 1 },
      ...[2, 1, 0].map((n) => ({ label: `done ${n}`, state: "done", gpus: [0], position: null })),
    ],
    learned: { peakMiB: 13_300, uncertaintyMiB: 532, seen: 3, basis: "measured" },
  };
  expect(await kept()).toMatchObject(expected);
  await running.restart();
  expect(await kept()).toMatchObject(expected);
  expect(await (await fetch(`${running.sidecar.url}api/v1/releases`)).json()).toEqual([JSON.parse(RELEASE)]);
  expect(running.sidecar.output()).not.toMatch(/moved|cannot/);
  expect(readdirSync(dataDir).filter((name) => /capacity/.test(name) && !/-(?:wal|shm)$/.test(name))).toEqual(
    ["capacity.sqlite"],
  );
});
