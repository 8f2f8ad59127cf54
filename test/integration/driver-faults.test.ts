import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { State } from "../../shared/protocol/state.ts";
import {
  createFakeNvidiaSmi,
  type FakeNvidiaSmi,
  type FakeScript,
  fakeGpu,
} from "../helpers/fake-nvidia-smi.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { type RunningSidecar, startSidecar, TIME_SCALE } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** The built sidecar; nvidia-smi is a script around the fake where one is given. */
async function start(
  script: Partial<FakeScript>,
  flags: string[] = [],
  wrapper?: (path: string) => string,
  more: NodeJS.ProcessEnv = {},
) {
  const fake = createFakeNvidiaSmi(script);
  ended.push(fake.dispose);
  let path = fake.path;
  if (wrapper !== undefined) {
    path = join(fake.dir, "wrapped");
    writeFileSync(path, `#!/bin/sh\n${wrapper(fake.path)}\n`);
    chmodSync(path, 0o755);
  }
  const env = { ...fake.env, [TIME_SCALE]: "5", ...more };
  const sidecar = await startSidecar(["--interval", "200", "--nvidia-smi", path, ...flags], env);
  ended.push(() => sidecar.end("SIGKILL"));
  return { fake, sidecar };
}

async function stateOf({ url }: RunningSidecar): Promise<State> {
  return (await (await fetch(`${url}api/v1/state`)).json()).state;
}

/** Waits until the state is as it is wanted. */
async function until(sidecar: RunningSidecar, what: string, is: (state: State) => boolean): Promise<State> {
  let last: State | undefined;
  return waitUntil(
    async () => {
      last = await stateOf(sidecar);
      return is(last) ? last : undefined;
    },
    { timeoutMs: 30_000, what: () => `${what}; ${JSON.stringify({ ...last?.source, gpus: last?.gpus })}` },
  );
}

const isLive = ({ source }: State) => source.status === "live";
const FIGURES = ["memory.total", "memory.used", "memory.free", "memory.reserved", "utilization.gpu"];
const MORE_FIGURES = ["temperature.gpu", "power.draw", "power.limit", "fan.speed", "pstate"];
const allFigures = (said: string) =>
  Object.fromEntries([...FIGURES, ...MORE_FIGURES].map((field) => [field, said]));
const setAll = (fake: FakeNvidiaSmi, said: string) => {
  for (const { index } of fake.script.gpus) fake.setGpu(index, allFigures(said));
};

describe("what stands in the place of figures", () => {
  test("SMP-18 SMP-19 a GPU that must be reset, one that is lost, impossible figures: each is told, and the others go on", async () => {
    const { fake, sidecar } = await start({ gpus: [fakeGpu(0), fakeGpu(1)] });
    await until(sidecar, "live", isLive);
    fake.setGpu(1, allFigures("[GPU requires reset]"));
    const stuck = await until(sidecar, "an alert", ({ alerts }) =>
      alerts.some(({ rule, gpu }) => rule === "gpu-needs-reset" && gpu === 1),
    );
    expect(stuck.source).toMatchObject({ status: "live", problem: { code: "gpu-needs-reset" } });
    expect(stuck.gpus[0]?.memoryUsedMiB).toBe(1024);
    expect(stuck.gpus[1]).toMatchObject({ needsReset: true, memoryTotalMiB: 24_564, memoryUsedMiB: null });
    await waitUntil(() => sidecar.output().includes("must be reset"), { what: "the terminal to say so" });
    fake.setGpu(1, allFigures("[GPU is lost]"));
    await until(sidecar, "it to be lost", ({ gpus }) => gpus[1]?.lost === true);
    fake.setGpu(1, {
      ...fakeGpu(1),
      "memory.used": 99_999_999,
      "memory.free": "[N/A]",
      "utilization.gpu": 4_000,
    });
    const rubbish = await until(sidecar, "rubbish", ({ gpus }) => gpus[1]?.temperatureC === 41);
    expect(rubbish.gpus[1]).toMatchObject({ lost: false, memoryUsedMiB: null, utilizationGpuPct: null });
    const metrics = await (await fetch(`${sidecar.url}metrics`)).text();
    expect(Number(/implausible_figures_total (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(1);
    fake.setGpu(1, { ...fakeGpu(1), "memory.free": "[N/A]" });
    const told = await until(sidecar, "the rest", ({ gpus }) => gpus[1]?.memoryUsedMiB === 1024);
    expect(told.gpus[1]?.memoryFreeMiB).toBe(24_564 - 1024 - 460);
    expect(told.source.problem).toBeNull();
  });

  test("SMP-18b no GPU has a figure any more though it is listed: another child, then a failure, and back", async () => {
    const { fake, sidecar } = await start({ gpus: [fakeGpu(0), fakeGpu(1)] });
    await until(sidecar, "live", isLive);
    const loops = fake.loopPids();
    setAll(fake, "[Unknown Error]");
    const failed = await until(sidecar, "the failure", ({ source }) => source.status === "failed");
    expect(failed.source.problem?.code).toBe("no-figures");
    expect(failed.gpus.map(({ memoryTotalMiB }) => memoryTotalMiB)).toEqual([24_564, 24_564]);
    expect(fake.loopPids().some((pid) => loops.includes(pid))).toBe(false);
    expect((await fetch(`${sidecar.url}healthz`)).status).toBe(503);
    fake.setGpu(0, fakeGpu(0));
    fake.setGpu(1, fakeGpu(1));
    await until(sidecar, "live again", (state) => isLive(state) && state.source.problem === null);
  });

  test("SMP-21 GPUs that were asked for and are not there are told, in the panel and in the terminal", async () => {
    const { sidecar } = await start({ gpus: [fakeGpu(0), fakeGpu(1)] }, ["--gpus", "7,1"]);
    const { source, gpus } = await until(sidecar, "a problem", (state) => state.source.problem !== null);
    expect(source.problem?.message).toBe("This machine has no GPU 7 (it has 0, 1).");
    expect(gpus.map(({ index }) => index)).toEqual([1]);
    expect(sidecar.output()).toContain("no GPU 7");
  });
});

describe("nvidia-smi behind a script", () => {
  test("SMP-16 SMP-7c a driver that takes long for its first answer is waited for, and it is said so", async () => {
    const { sidecar } = await start({}, [], (path) =>
      [`case "$*" in *--query-gpu*) sleep 7 ;; esac`, `exec ${path} "$@"`].join("\n"),
    );
    const waiting = await until(sidecar, "the notice", ({ source }) => source.problem !== null);
    expect(waiting.source).toMatchObject({ status: "starting", problem: { code: "slow-first-answer" } });
    await until(sidecar, "live", (state) => isLive(state) && state.source.problem === null);
  });

  test("SMP-16 what it says on standard error before any sample is shown", async () => {
    const { sidecar } = await start({}, [], (path) =>
      [
        `case "$*" in *--query-gpu*) echo "cannot open the tunnel to gpu-host" >&2; sleep 600 ;; esac`,
        `exec ${path} "$@"`,
      ].join("\n"),
    );
    const { source } = await until(sidecar, "its words", (state) => state.source.problem !== null);
    expect(source.problem?.message).toContain("cannot open the tunnel to gpu-host");
  });

  test("SMP-17 SMP-7b samples that come much later than they were asked for are shown, said to be slow, and no reason to start anew", async () => {
    const { fake, sidecar } = await start({}, [], (path) =>
      [
        `case "$*" in *-lms*) while :; do ${path} "$1" "$2"; sleep 1.8; done ;; esac`,
        `exec ${path} "$@"`,
      ].join("\n"),
    );
    const panel = connectPanel(sidecar.url);
    await panel.hello();
    const slow = await until(sidecar, "slow", ({ source }) => source.problem?.code === "slow-answers");
    expect(slow.source.status).toBe("live");
    panel.close();
    const starts = fake.starts().filter(({ argv }) => argv.some((one) => one === "--help-query-gpu"));
    expect(starts).toHaveLength(1);
  });

  test("SMP-15 rows without end are samples at the rate asked for, and the panel answers meanwhile", async () => {
    const { sidecar } = await start({}, [], (path) =>
      [
        `case "$*" in *-lms*) row=$(${path} "$1" "$2"); while :; do echo "$row"; done ;; esac`,
        `exec ${path} "$@"`,
      ].join("\n"),
    );
    await until(sidecar, "live", isLive);
    const panel = connectPanel(sidecar.url);
    await panel.hello();
    await waitUntil(() => panel.samples.length > 2, { what: "samples" });
    const [begunMs, before] = [performance.now(), panel.samples.length];
    for (let i = 0; i < 20; i++) expect((await fetch(`${sidecar.url}healthz`)).status).toBe(200);
    await waitUntil(() => panel.samples.length >= before + 5, { what: "more samples" });
    // No sooner than half the interval after one another, whatever the flood.
    expect(panel.samples.length - before).toBeLessThanOrEqual((performance.now() - begunMs) / 100 + 2);
    panel.close();
  });

  test("SMP-9 what ssh, Docker or the system says of itself is no word of the driver's, and each has its advice", async () => {
    const { fake, sidecar } = await start({}, [], () => '. "$(dirname "$0")/said"');
    const say = (line: string, code: number) =>
      writeFileSync(join(fake.dir, "said"), `echo '${line}' >&2\nexit ${code}\n`);
    const socket = "permission denied while trying to connect to the Docker daemon socket";
    for (const [line, exit, code, words] of [
      [
        "user@gpu-host: Permission denied (publickey).",
        255,
        "process-ended",
        /Permission denied \(publickey\)/,
      ],
      [socket, 1, "process-ended", /Docker daemon socket/],
      ["Failed to initialize NVML: Insufficient Permissions", 4, "permission-denied", /dev\/nvidia/],
      ["sh: cannot open pipe: Too many open files", 2, "out-of-resources", /ulimit -n/],
      ["Failed to initialize NVML: Internal NVML error", 1, "nvml-internal-error", /wsl --update/],
      ["No devices were found", 6, "no-devices", /open kernel module.*Above 4G/],
    ] as const) {
      say(line, exit);
      const { source } = await until(sidecar, code, (state) => {
        const { problem } = state.source;
        return problem?.code === code && words.test(`${problem.message} ${problem.advice}`);
      });
      expect(source.status).not.toBe("live");
    }
  });

  test("SEC-3b nvidia-smi, and what it is wrapped in, is not told the token", async () => {
    const env = { GPU_PANEL_TOKEN: "a-token-of-this-test", HTTPS_PROXY: "http://proxy.example" };
    const { fake, sidecar } = await start(
      {},
      [],
      (path) => `env >> "$(dirname "$0")/environment"\nexec ${path} "$@"`,
      env,
    );
    await until(sidecar, "live", isLive);
    const told = readFileSync(join(fake.dir, "environment"), "utf8");
    expect(told).toContain("proxy.example");
    expect(told).not.toContain(env.GPU_PANEL_TOKEN);
  });

  test("SMP-20b a blank in a program's path is none before its arguments, of nvidia-smi and of who uses the GPU", async () => {
    const gpu = fakeGpu(0);
    const fake = createFakeNvidiaSmi({ gpus: [gpu] });
    ended.push(fake.dispose);
    const folder = join(fake.dir, "my tools");
    mkdirSync(folder);
    const [wrapped, program] = [join(folder, "wrapped"), join(folder, "python")];
    writeFileSync(wrapped, `#!/bin/sh\nshift\nexec ${fake.path} "$@"\n`);
    chmodSync(wrapped, 0o755);
    symlinkSync("/bin/sleep", program);
    const user = spawn(program, ["600"], { stdio: "ignore" });
    ended.push(() => user.kill("SIGKILL"));
    const used = { gpu_uuid: gpu.uuid, pid: user.pid ?? 0, used_memory: 500 };
    fake.set({ processes: [{ ...used, process_name: `${program} 600 --api-key secret` }] });
    const flags = ["--interval", "200", "--nvidia-smi", `${wrapped} --first`];
    const sidecar = await startSidecar(flags, { ...fake.env, [TIME_SCALE]: "5" });
    ended.push(() => sidecar.end("SIGKILL"));
    const { gpus } = await until(sidecar, "a process", ({ gpus: [one] }) => one?.processes?.length === 1);
    expect(gpus[0]?.processes).toMatchObject([{ pid: user.pid, name: program }]);
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "SMP-8 no process of a script without exec is left after %s, nor do they pile up",
    async (signal) => {
      const { fake, sidecar } = await start({ behaviour: { kind: "hang" } }, [], (path) =>
        [`${path} "$@"`, "echo > /dev/null"].join("\n"),
      );
      await waitUntil(() => fake.loopPids().length > 0, { what: "the loop" });
      expect(fake.loopPids()).toHaveLength(1);
      await sidecar.end(signal);
      await waitUntil(() => fake.livePids().length === 0, { what: "the last nvidia-smi to be killed" });
    },
  );
});
