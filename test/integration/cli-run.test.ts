import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, startCli } from "../helpers/cli.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf, type JobsClient } from "../helpers/jobs-client.ts";
import { ROOM, startJobs } from "../helpers/jobs-rig.ts";
import type { Rig } from "../helpers/rig.ts";
import { runsSurviveKills } from "../helpers/runs-crowd.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const here = { own: false } as const;
const byLabel = async (jobs: JobsClient, label: string) =>
  (await jobs.list()).find((job) => job.label === label);
const until = (jobs: JobsClient, label: string, state: string) =>
  waitUntil(
    async () => {
      const job = await byLabel(jobs, label);
      return job?.state === state ? job : null;
    },
    { what: `${label} to be ${state}` },
  );
const fileThere = (path: string) => waitUntil(() => existsSync(path), { what: path });
/** A program of which GPU 0 says that it holds so much. */
const holds = ({ fake }: Rig, ...held: { pid: number; mib: number }[]) => {
  const all = held.reduce((sum, { mib }) => sum + mib, 0);
  fake.setGpu(0, { "memory.used": 1024 + all });
  fake.set({
    processes: held.map(({ pid, mib }) => ({
      ...{ gpu_uuid: fakeGpu(0).uuid, pid, process_name: "python", used_memory: mib },
    })),
  });
};

test("CLI-1 CLI-1b the program runs on the GPUs that it was given, with our input and output, and its exit code is ours", async () => {
  const { rig, jobs } = await startJobs({ ...here, script: { gpus: [fakeGpu(0), fakeGpu(1)] } });
  const { url } = rig.sidecar;
  await jobs.ask({ peakMiB: ROOM, gpuIndexes: [0], pid: 4_000_100 });
  const script =
    'echo "$CUDA_DEVICE_ORDER $CUDA_VISIBLE_DEVICES"; env | grep -c GPU_PANEL_VISIBLE; cat; exit 7';
  const ran = await cli(url, ["run", "--peak", "2GB", "--label", "one", "--", "sh", "-c", script], {
    input: "what it is asked\n",
  });
  expect(ran.stdout).toBe("PCI_BUS_ID 1\n0\nwhat it is asked\n");
  expect(ran.stderr).toBe("gpu-status-panel: starts on GPU 1; 2048 MiB are kept for it\n");
  expect([ran.code, (await byLabel(jobs, "one"))?.state]).toEqual([7, "failed"]);
  const text = join(rig.fake.dir, "text");
  writeFileSync(text, "");
  // One that a signal has ended, and two that cannot be begun.
  const codes = [["sh", "-c", "kill -KILL $$"], [text], ["no-such-program"]].map(
    async (command) => (await cli(url, ["run", "--peak", "1GB", "--quiet", "--", ...command])).code,
  );
  expect(await Promise.all(codes)).toEqual([137, 126, 127]);
});

test("CLI-1b a signal reaches the program, which tidies up, and what it then says counts", async () => {
  const { rig, jobs } = await startJobs(here);
  const ready = join(rig.fake.dir, "ready");
  const script = `trap 'echo tidied; exit 3' TERM; touch ${ready}; while :; do sleep 0.05; done`;
  const run = startCli(rig.sidecar.url, [
    "run",
    "--peak",
    "1GB",
    "--label",
    "tidy",
    "--",
    "sh",
    "-c",
    script,
  ]);
  await fileThere(ready);
  run.child.kill("SIGTERM");
  expect([await run.ended, run.stdout()]).toEqual([3, "tidied\n"]);
  expect(await byLabel(jobs, "tidy")).toMatchObject({ state: "failed" });
});

test("CLI-1c CLI-2 who waits is told why, a signal then withdraws the job, and the program is never begun", async () => {
  const { rig, jobs } = await startJobs(here);
  const { url } = rig.sidecar;
  const full = idOf(await jobs.ask({ peakMiB: ROOM, pid: 4_000_100 }));
  const file = join(rig.fake.dir, "begun");
  const command = ["run", "--peak", "4GB", "--label", "late", "--", "touch", file];
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGKILL", "SIGKILL"],
  ] as const) {
    const run = startCli(url, command);
    const job = await until(jobs, "late", "waiting");
    await waitUntil(() => /waiting for room, place 1.*GPU 0/.test(run.stderr()), {
      what: () => run.stderr(),
    });
    expect(job.pid).not.toBe(run.child.pid);
    run.child.kill(signal);
    expect(await run.ended).toBe(code);
    await waitUntil(async () => (await jobs.show(job.id)).job?.state === "failed", { what: "it to end" });
  }
  expect((await cli(url, ["run", "--peak", "4GB", "--no-wait", "--", "touch", file])).code).toBe(75);
  expect((await cli(url, ["run", "--peak", "4GB", "--max-wait", "0", "--", "touch", file])).code).toBe(75);
  await jobs.end(full);
  expect(existsSync(file)).toBe(false);
});

test("CLI-2 CAP-24b whoever is killed, the room is kept for as long as the program lives, without any heartbeat", async () => {
  const { rig, jobs } = await startJobs({ own: true, script: { gpus: [fakeGpu(0)] } });
  const pidFile = join(rig.fake.dir, "pid");
  const script = `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`;
  const run = startCli(rig.sidecar.url, [
    "run",
    "--peak",
    "16GB",
    "--label",
    "kept",
    "--",
    "sh",
    "-c",
    script,
  ]);
  await fileThere(pidFile);
  const pid = Number(readFileSync(pidFile, "utf8"));
  const { id } = await until(jobs, "kept", "running");
  expect((await jobs.show(id)).job?.pid).toBe(pid);
  run.child.kill("SIGKILL");
  await run.ended;
  // Five seconds are all that it is given, and it has nobody who would send a heartbeat.
  await jobs.beat(id, { ttlSeconds: 5 });
  const silentMs = (await jobs.show(id)).job?.expiresAt ?? 0;
  await rig.crash();
  await waitUntil(async () => Date.now() > silentMs && (await jobs.show(id)).status === 200, {
    what: "its time to be over",
  });
  const other = await jobs.ask({ peakMiB: 16_384, pid: 4_000_100, ttlSeconds: 3600 });
  expect([(await jobs.show(id)).job?.state, other.status]).toEqual(["running", 202]);
  process.kill(pid, "SIGKILL");
  await waitUntil(async () => (await jobs.show(idOf(other))).job?.state === "running", { what: "the next" });
  expect((await jobs.show(id)).job?.state).toBe("failed");
});

test("CAP-24b a process that is not seen here, or began at another time, is none of the job's", async () => {
  const { jobs } = await startJobs(here);
  const strange = await jobs.ask({ peakMiB: 1024, pid: process.pid, pidStart: "1", ttlSeconds: 5 });
  expect(strange).toMatchObject({ status: 201, job: { pid: null } });
  expect(await jobs.ask({ peakMiB: 1024, pidStart: "1" })).toMatchObject({ status: 400 });
  await waitUntil(async () => (await jobs.show(idOf(strange))).job?.state === "expired", { what: "silence" });
});

test("CLI-2b what children of the program hold is the job's, and its peak is learned under its name", async () => {
  const { rig, jobs } = await startJobs({ ...here, script: { gpus: [fakeGpu(0)] } });
  const { url } = rig.sidecar;
  const [pids, stop] = [join(rig.fake.dir, "pids"), join(rig.fake.dir, "stop")];
  const script = join(rig.fake.dir, "generate.sh");
  const worker = `while [ ! -e ${stop} ]; do sleep 0.05; done`;
  writeFileSync(
    script,
    `(${worker}) & a=$!; (${worker}) & echo $a $! > ${pids}.new; mv ${pids}.new ${pids}; wait\n`,
  );
  const run = startCli(url, ["run", "--", "sh", script]);
  await fileThere(pids);
  const [first = 0, second = 0] = readFileSync(pids, "utf8").trim().split(" ").map(Number);
  holds(rig, { pid: first, mib: 5000 }, { pid: second, mib: 3000 });
  const { peakMiB } = await until(jobs, "sh generate.sh", "running");
  // All of it is the job's: what the job will still take has become less by both.
  const stillTakesMiB = async () =>
    (await (await fetch(`${url}api/v1/state`)).json()).state.promises[0].promisedMiB;
  await waitUntil(async () => peakMiB - (await stillTakesMiB()) === 8000, { what: "both to be seen" });
  writeFileSync(stop, "");
  expect(await run.ended).toBe(0);
  holds(rig);
  const told = await cli(url, ["run", "--", "sh", script]);
  expect(told.stderr).toMatch(/starts on GPU 0; 8[0-9]{3} MiB are kept for it/);
});

test("CLI-3 without a panel that lets jobs in nothing is begun, unless that is asked for", async () => {
  const nobody = "http://127.0.0.1:39999/";
  const refused = await cli(nobody, ["run", "--", "echo", "begun"]);
  expect([refused.code, refused.stdout]).toEqual([125, ""]);
  expect(refused.stderr).toMatch(/no panel answers at .*Start one with: gpu-status-panel.*--without-panel/);
  const ran = await cli(nobody, [
    "run",
    "--without-panel",
    "--",
    "sh",
    "-c",
    "env | grep CUDA_VISIBLE || echo all",
  ]);
  expect([ran.code, ran.stdout]).toEqual([0, "all\n"]);
  const { rig } = await startJobs({ ...here, flags: ["--token", "right-token"] });
  const command = ["run", "--peak", "1GB", "--", "true"];
  const wrong = await cli(rig.sidecar.url, command, { env: { GPU_PANEL_TOKEN: "wrong-token" } });
  expect([wrong.code, wrong.stderr]).toEqual([125, expect.stringMatching(/--token or GPU_PANEL_TOKEN/)]);
  expect(
    (await cli(rig.sidecar.url, [...command.slice(0, 1), "--token", "right-token", ...command.slice(1)]))
      .code,
  ).toBe(0);
});

test("CLI-3b a sidecar that is killed and comes again finds who waits in his place", async () => {
  const { rig, jobs } = await startJobs({ own: true, script: { gpus: [fakeGpu(0)] } });
  const full = idOf(await jobs.ask({ peakMiB: ROOM, pid: 4_000_100, ttlSeconds: 3600 }));
  const run = startCli(rig.sidecar.url, [
    "run",
    "--peak",
    "4GB",
    "--label",
    "patient",
    "--",
    "echo",
    "begun",
  ]);
  const { id } = await until(jobs, "patient", "waiting");
  await rig.crash(() => {});
  expect((await jobs.show(id)).job?.state).toBe("waiting");
  await jobs.end(full);
  expect([await run.ended, run.stdout()]).toEqual([0, "begun\n"]);
  expect((await jobs.show(id)).job?.state).toBe("done");
});

test("CLI-8 many start at once, and wrappers, programs and the sidecar are killed: no GPU is over-committed", async () => {
  const { rig, jobs } = await startJobs({ own: true, script: { gpus: [fakeGpu(0), fakeGpu(1)] } });
  await runsSurviveKills(4, { rig, jobs, roomMiB: ROOM, seed: 7 });
});
