import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { profileSchema } from "../../shared/capacity/profile.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const SMALL = "wan2.1-1.3b-t2v-480p-quant";
const profilesSchema = v.object({ profiles: v.array(profileSchema) });
const fitSchema = v.object({
  canStart: v.nullable(v.number()),
  perGpu: v.array(v.object({ promisedMiB: v.nullable(v.number()), running: v.nullable(v.number()) })),
});
const stateSchema = v.object({ state: v.object({ capacity: fitSchema }) });
const get = async ({ sidecar }: Rig, path: string): Promise<unknown> =>
  (await fetch(`${sidecar.url}api/v1/${path}`)).json();
const live = ({ sidecar }: Rig) =>
  waitUntil(async () => (await fetch(`${sidecar.url}healthz`)).status === 200, { what: "samples" });
const profile = async (running: Rig) =>
  v.parse(profilesSchema, await get(running, "profiles")).profiles.find(({ id }) => id === SMALL);

test("CAP-14 CAP-35 the peak that a job tells at its end is learned where nobody saw its process, and survives a restart", async () => {
  const running = await startRig();
  rig = running;
  await live(running);
  const jobs = jobsClient(() => running.sidecar.url);
  const published = await profile(running);
  const { job } = await jobs.ask({ profile: SMALL });
  await jobs.end(job?.id ?? "", { outcome: "done", peakMiB: 9_000 });
  const learned = await profile(running);
  expect(learned).toMatchObject({ basis: "measured", seen: 1 });
  expect(learned?.peakMiB).toBeGreaterThan(9_000);
  expect(learned?.peakMiB).toBeLessThan(published?.peakMiB ?? 0);
  await running.crash();
  await live(running);
  expect(await profile(running)).toEqual(learned);
});

test("CAP-5 CAP-25 beside somebody's job a marked one that tells no process takes nothing of what that will take", async () => {
  const [total, used] = [143_771, 18_900];
  const gpu = fakeGpu(0, { "memory.total": total, "memory.used": used, "utilization.gpu": 95 });
  const theirs = { gpu_uuid: String(gpu.uuid), pid: 4711, process_name: "python", used_memory: 18_000 };
  const running = await startRig({
    script: { gpus: [gpu], processes: [theirs] },
    flags: ["--profile", SMALL],
  });
  rig = running;
  const panel = running.connect();
  await panel.hello();
  const ask = async () => v.parse(fitSchema, await get(running, `fit?profile=${SMALL}`));
  const seen = await waitUntil(
    async () => {
      const [first] = (await ask()).perGpu;
      return first?.running === 1 ? first : null;
    },
    { what: "their job" },
  );
  const jobs = jobsClient(() => running.sidecar.url);
  const { job } = await jobs.ask({ profile: SMALL });
  expect(job).toMatchObject({ state: "running", pid: null });
  const after = await ask();
  expect(after.perGpu[0]?.running).toBe(2);
  expect(after.perGpu[0]?.promisedMiB).toBe((seen.promisedMiB ?? 0) + (job?.peakMiB ?? 0));
  // Fit and state say the same of the same moment.
  const { capacity } = v.parse(stateSchema, await get(running, "state")).state;
  expect(capacity.canStart).toBe(after.canStart);
  expect(capacity.perGpu[0]?.promisedMiB).toBe(after.perGpu[0]?.promisedMiB);
});
