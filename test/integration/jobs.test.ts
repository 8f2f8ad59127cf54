import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import type { Job } from "../../shared/jobs/job.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf, jobsClient } from "../helpers/jobs-client.ts";
import { ROOM, startJobs, state } from "../helpers/jobs-rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

describe("the jobs API", () => {
  test("CAP-20 CAP-23 201 with its GPU, 202 with the reason, 409 with what is missing; a place is free at the end", async () => {
    const { jobs, rig: running } = await startJobs();
    const first = await jobs.ask({ peakMiB: 15_000, label: "first", ttlSeconds: 30 });
    expect(first).toMatchObject({ status: 201, job: { state: "running", gpus: [0], label: "first" } });
    const second = await jobs.ask({ peakMiB: ROOM });
    expect(second).toMatchObject({ status: 202, job: { position: 1, reason: { code: "no-room" } } });
    expect(await jobs.ask({ peakMiB: ROOM + 1 })).toMatchObject({ status: 202 });
    // Beyond what the card has when it is empty, not what is free now.
    expect(await jobs.ask({ peakMiB: 24_105 })).toMatchObject({ status: 409, code: "never-fits" });
    expect(await jobs.ask({ peakMiB: 1, gpus: 2 })).toMatchObject({ status: 409, code: "too-few-gpus" });
    expect(await jobs.ask({ peakMiB: ROOM, wait: false })).toMatchObject({
      status: 409,
      code: "no-room",
    });
    // The first may take a minute: nothing says more.
    const refused = await fetch(`${running.sidecar.url}api/v1/jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ peakMiB: ROOM, wait: false }),
    });
    expect(refused.status).toBe(409);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(10);
    expect((await jobs.list()).map(({ state, position }) => [state, position])).toEqual([
      ["running", null],
      ["waiting", 1],
      ["waiting", 2],
    ]);
    const waiting = jobs.show(idOf(second), 30);
    const ended = await jobs.end(idOf(first), { outcome: "failed", oom: true, peakMiB: 15_100 });
    expect(ended).toMatchObject({ status: 200, job: { state: "failed" } });
    // The one that is waited for learns of it without asking again.
    expect(await waiting).toMatchObject({ status: 200, job: { state: "running", gpus: [0] } });
    expect(await jobs.end(idOf(first), { outcome: "done" })).toMatchObject({ job: { state: "failed" } });
    expect(await jobs.beat(idOf(first))).toMatchObject({ status: 409, code: "job-ended" });
  });

  test("CAP-15 CAP-20 an out-of-memory raises the peak at once, for those that wait already, too", async () => {
    const settings = { profiles: [{ id: "mine", label: "Mine", peakMiB: 12_000 }] };
    const { jobs } = await startJobs({ settings, script: { gpus: [fakeGpu(0, { "memory.used": 500 })] } });
    const [first, waits] = [await jobs.ask({ profile: "mine" }), await jobs.ask({ profile: "mine" })];
    const own = await jobs.ask({ profile: "mine", peakMiB: 9500 });
    // What fits beside the first passes the one that waits for its end.
    expect([waits.status, own.status]).toEqual([202, 201]);
    expect((await jobs.show(idOf(waits))).job?.peakMiB).toBe(12_000);
    // It wanted at least what it reports, and one allocation more: 10 %.
    await jobs.end(idOf(first), { outcome: "failed", oom: true, peakMiB: 14_000 });
    expect((await jobs.show(idOf(waits))).job?.peakMiB).toBe(15_400);
    expect((await jobs.show(idOf(own))).job?.peakMiB).toBe(9500);
  });

  test("CAP-16 a size that no profile is for is predicted, in the fit and for a job, with the margin reserved", async () => {
    const { jobs, rig: running } = await startJobs({
      script: { gpus: [fakeGpu(0, { "memory.total": 81_559 })] },
    });
    const { url } = running.sidecar;
    const settings = "model=Wan2.1-1.3B&task=t2v&quant=quant_linear&resolution=960x544&frames=121";
    const fit = await (await fetch(`${url}api/v1/fit?${settings}`)).json();
    expect(fit).toMatchObject({
      profile: "wan2.1-1.3b-t2v-480p-quant--960x544x121",
      predicted: {
        from: ["wan2.1-1.3b-t2v-480p-quant", "wan2.1-1.3b-t2v-720p-quant"],
        how: "interpolated",
      },
    });
    expect(fit.peakMiB).toBeGreaterThan(12_200);
    expect(fit.peakMiB + fit.uncertaintyMiB).toBe(Math.round(fit.peakMiB * 1.1));
    const asked = await jobs.ask({
      model: "Wan2.1-1.3B",
      task: "t2v",
      quant: "quant_linear",
      resolution: "960x544",
      frames: 121,
    });
    expect(asked).toMatchObject({
      status: 201,
      job: { profile: fit.profile, peakMiB: fit.peakMiB + fit.uncertaintyMiB },
    });
    expect(await (await fetch(`${url}api/v1/fit?profile=${fit.profile}`)).json()).toMatchObject({
      peakMiB: fit.peakMiB,
    });
    expect(await jobs.ask({ model: "Nobody's", resolution: "720p" })).toMatchObject({
      code: "unknown-profile",
    });
  });

  test("CAP-20 a job is predicted from its profile; what cannot be understood is said", async () => {
    const settings = { profiles: [{ id: "mine", label: "Mine", peakMiB: 9000, gpus: 2 }] };
    const script = { gpus: [fakeGpu(0), fakeGpu(1), fakeGpu(2)] };
    const { jobs } = await startJobs({ settings, script });
    expect(await jobs.ask({ profile: "mine" })).toMatchObject({
      status: 201,
      // A configured figure is the user's word: it is reserved as it stands.
      job: { label: "Mine", profile: "mine", peakMiB: 9_000, gpuCount: 2, gpus: [0, 1] },
    });
    expect(await jobs.ask({ profile: "mine", peakMiB: 50, gpuIndexes: [2] })).toMatchObject({
      status: 201,
      job: { profile: "mine", peakMiB: 50, gpus: [2] },
    });
    expect(await jobs.ask({ profile: "nobodys" })).toMatchObject({ status: 400, code: "unknown-profile" });
    for (const body of [
      {},
      { peakMiB: 0 },
      { peakMiB: 1, gpuIndexes: [1, 1] },
      { peakMiB: 1, ttlSeconds: 4 },
      { x: 1 },
    ])
      expect(await jobs.ask(body)).toMatchObject({ status: 400, code: "bad-request" });
    expect(await jobs.show("nobody")).toMatchObject({ status: 404 });
    expect(await jobs.beat("nobody")).toMatchObject({ status: 404 });
    expect(await jobs.end("nobody")).toMatchObject({ status: 404 });
    expect(await jobs.show("nobody", 31)).toMatchObject({ status: 400 });
  });

  test("CAP-24 CAP-29 a heartbeat needs no body, tells a phase, and a repeated request is one job", async () => {
    const { jobs } = await startJobs();
    const wish = { peakMiB: 1000, requestId: "r-1" };
    const [one, two] = await Promise.all([jobs.ask(wish), jobs.ask(wish)]);
    expect(idOf(one)).toBe(idOf(two));
    expect(await jobs.beat(idOf(one))).toMatchObject({ status: 200 });
    expect(await jobs.beat(idOf(one), { phase: "decode", pid: 4_000_077 })).toMatchObject({
      job: { phase: "decode", pid: 4_000_077 },
    });
    expect((await jobs.list()).length).toBe(1);
    expect(await jobs.end(idOf(one))).toMatchObject({ status: 200, job: { state: "done" } });
    expect(await jobs.ask(wish)).toMatchObject({ status: 200, job: { state: "done" } });
  });

  test("CAP-20 on the demo machine jobs can be tried too, and the sidecar survives it", async () => {
    const { jobs, rig: running } = await startJobs({ own: true, flags: ["--source", "demo"] });
    // Whether it may start depends on what the demo plays; one that needs more than is ever free waits.
    const first = idOf(await jobs.ask({ peakMiB: 1000 }));
    const second = idOf(await jobs.ask({ peakMiB: 46_000 }));
    expect(await state(jobs, second)).toBe("waiting");
    for (const id of [first, second]) expect((await jobs.end(id)).status).toBe(200);
    expect(running.sidecar.child.exitCode).toBeNull();
  });

  test("CAP-34 on the demo machine that stands in for a missing driver no job is let in", async () => {
    const { jobs } = await startJobs({ env: { PATH: dirname(process.execPath) } });
    expect(await jobs.ask({ peakMiB: 1000 })).toMatchObject({ status: 503, code: "demo-machine" });
    expect(await jobs.list()).toEqual([]);
  });

  test("CAP-33 a job that runs already is counted, whether there is room or not", async () => {
    const { jobs, rig: running } = await startJobs();
    const full = await jobs.ask({ peakMiB: 20_000 });
    const runs = await jobs.ask({ peakMiB: 9000, started: true });
    expect(runs).toMatchObject({ status: 201, job: { state: "running", gpus: [0], peakMiB: 9000 } });
    expect(runs.job?.overCommittedMiB).toBe(6_176);
    expect(full.job?.overCommittedMiB).toBeUndefined();
    const { state: now } = await (await fetch(`${running.sidecar.url}api/v1/state`)).json();
    expect(now.promises[0]).toMatchObject({ running: 2, promisedMiB: 29_000 });
    expect(await jobs.ask({ peakMiB: 1, wait: false })).toMatchObject({ status: 409, code: "no-room" });
  });

  test("CAP-20 SEC-9 without the token jobs may be seen, and none asked for, kept alive or ended", async () => {
    const token = "a-secret-token";
    const headers = { authorization: `Bearer ${token}` };
    const { jobs, rig: running } = await startJobs({ flags: ["--token", token] }, headers);
    const mine = idOf(await jobs.ask({ peakMiB: 1000 }));
    const stranger = jobsClient(() => running.sidecar.url);
    for (const answer of [stranger.ask({ peakMiB: 1 }), stranger.beat(mine), stranger.end(mine)])
      expect(await answer).toMatchObject({ status: 403, code: "not-allowed" });
    expect((await stranger.list()).map(({ id, state }) => [id, state])).toEqual([[mine, "running"]]);
    expect(await stranger.show(mine)).toMatchObject({ status: 200 });
  });

  test("CAP-25 what a job's process holds is not counted twice", async () => {
    const { jobs, rig: running } = await startJobs();
    const { uuid } = fakeGpu(0);
    await jobs.ask({ peakMiB: 20_000, pid: 4_004_242 });
    running.fake.setGpu(0, { "memory.used": 16_024 });
    running.fake.set({
      processes: [{ gpu_uuid: uuid, pid: 4_004_242, process_name: "python", used_memory: 15_000 }],
    });
    // 8,080 MiB free − 5,000 that it will still take − 256 kept free.
    const second = idOf(await jobs.ask({ peakMiB: 2824 }));
    await waitUntil(async () => (await state(jobs, second)) === "running", { what: "the second to start" });
    expect(await jobs.ask({ peakMiB: 1 })).toMatchObject({ status: 202 });
  });

  test("CAP-21b a job that takes more than was predicted makes others wait and is left alone", async () => {
    const { jobs, rig: running } = await startJobs();
    const first = idOf(await jobs.ask({ peakMiB: 2000, pid: 4_004_242 }));
    running.fake.setGpu(0, { "memory.used": 20_000 });
    await waitUntil(
      async () => {
        const answer = await jobs.ask({ peakMiB: 4000, wait: false });
        if (answer.job !== null) await jobs.end(answer.job.id);
        return answer.status === 409;
      },
      { what: "no room" },
    );
    expect(await state(jobs, first)).toBe("running");
  });

  test("CAP-26 while the GPUs do not answer jobs wait, and start when they do", async () => {
    const { jobs, rig: running } = await startJobs();
    running.fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
    running.fake.kill("SIGKILL");
    await waitUntil(async () => (await fetch(`${running.sidecar.url}healthz`)).status === 503, {
      what: "503",
    });
    const asked = await jobs.ask({ peakMiB: 1000 });
    expect(asked).toMatchObject({ status: 202, job: { reason: { code: "not-sampling" } } });
    running.fake.set({ behaviour: { kind: "ok" } });
    await waitUntil(async () => (await state(jobs, idOf(asked))) === "running", {
      timeoutMs: 30_000,
      what: "the job to start",
    });
  });

  test("CAP-28 every viewer is told of the jobs", async () => {
    const { jobs, rig: running } = await startJobs();
    const before = running.connect();
    expect((await before.hello()).state.jobs).toEqual([]);
    const id = idOf(await jobs.ask({ peakMiB: 1000 }));
    const told = (state: Job["state"]) => () =>
      before.jobs.some((list) => list.some((job) => job.id === id && job.state === state));
    await waitUntil(told("running"), { what: "the job" });
    const after = running.connect();
    expect((await after.hello()).state.jobs).toMatchObject([{ id, state: "running" }]);
    await jobs.end(id);
    await waitUntil(told("done"), { what: "its end" });
  });
});
