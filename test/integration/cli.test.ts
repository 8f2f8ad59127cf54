import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf } from "../helpers/jobs-client.ts";
import { startJobs } from "../helpers/jobs-rig.ts";
import { listen } from "../helpers/listen.ts";

const here = { own: false } as const;
const nobody = "http://127.0.0.1:39999/";

test("CLI-4 CLI-4b status, fit and release say yes or no by their exit code, in words of the locale or in JSON", async () => {
  const { rig, jobs } = await startJobs({
    ...here,
    script: { gpus: [fakeGpu(0, { "memory.used": 9000 })] },
    hook: (fake) => (response) => {
      fake.setGpu(0, { "memory.used": 2000 });
      response.writeHead(204).end();
    },
  });
  const { url } = rig.sidecar;
  const mine = idOf(await jobs.ask({ peakMiB: 2000, label: "mine", pid: 4_000_100 }));
  expect((await jobs.show(mine, 30)).job?.state).toBe("running");
  const asked = (...args: string[]) => cli(url, args);
  const [status, json, chinese, fits, not, never, nameless, unknown] = await Promise.all([
    ...[asked("status"), asked("status", "--json"), asked("status", "--lang", "zh-CN")],
    ...[
      asked("fit", "--peak", "8GB"),
      asked("fit", "--peak", "20GB"),
      asked("fit", "--peak", "90GB", "--json"),
    ],
    ...[asked("fit"), asked("fit", "--profile", "none")],
  ]);
  expect(status?.code).toBe(0);
  expect(status?.stdout).toMatch(/samples come\n.*VRAM in use.*\n0 .*9000 \/ 24564 MiB/);
  expect(status?.stdout).toContain("runs on GPU 0: mine");
  const shown = JSON.parse(json?.stdout ?? "");
  expect([shown.gpus[0].memoryUsedMiB, shown.jobs[0].label]).toEqual([9000, "mine"]);
  expect(chinese?.stdout).toContain("运行于 GPU 0：mine");
  expect(fits?.code).toBe(0);
  expect(not).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/does not fit now: \d+ MiB are missing/),
  });
  expect(JSON.parse(never?.stdout ?? "")).toMatchObject({ never: true });
  expect(nameless).toMatchObject({ code: 2, stderr: expect.stringContaining("--profile ID") });
  expect(unknown).toMatchObject({ code: 2 });

  // Nobody is at a terminal who could say yes.
  expect(await cli(url, ["release"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(rig.hook.calls).toHaveLength(0);
  const released = await cli(url, ["release", "--yes", "--json"]);
  expect([released.code, JSON.parse(released.stdout).freedMiB]).toEqual([0, 7000]);
  expect((await cli(url, ["release", "--yes"])).code).toBe(1);
});

test("CLI-4 CLI-4c wrong flags, nobody there, and something that is no panel are told, and are no answer", async () => {
  const server = createServer((_, response) => response.end('{"version":"9","state":{"gpus":7}}'));
  const other = `http://127.0.0.1:${await listen(server)}/`;
  onTestFinished(() => void server.close());
  const told = async (url: string, ...args: string[]) => {
    const { code, stderr } = await cli(url, args);
    return `${code} ${stderr}`;
  };
  const cases = [
    ...[["status"], ["fit", "--peak", "1GB"]].flatMap((command) => [
      [nobody, command, /^2 .*no panel answers/] as const,
      [other, command, /^2 .*no panel that this version/] as const,
    ]),
    [other, ["run", "--", "true"], /^125 .*no panel that this version/],
    [nobody, ["status", "--lang", "fr"], /--lang: en or zh-CN/],
    [nobody, ["status", "more"], /nothing stands behind the flags/],
    [nobody, ["fit", "--peak", "much"], /peak: VRAM such as 14GB/],
    [nobody, ["status", "--port", "x"], /--port/],
    [nobody, ["release", "--mode", "never"], /--mode: auto/],
    [nobody, ["run"], /^125 .*the program stands behind --/],
    ["no address", ["status"], /no address is no address of a panel/],
  ] as const;
  await Promise.all(cases.map(async ([url, args, words]) => expect(await told(url, ...args)).toMatch(words)));
});

test("CLI-5 doctor names what is there and what is wrong, each with what to do", async () => {
  const { rig } = await startJobs({ ...here, script: { gpus: [fakeGpu(0, { "memory.used": 9000 })] } });
  const env = { ...rig.fake.env, GPU_PANEL_DATA_DIR: rig.fake.dir };
  const { code, stdout } = await cli(rig.sidecar.url, ["doctor", "--json"], { env });
  const told = JSON.parse(stdout);
  const marks = Object.fromEntries(
    told.checks.map(({ id, mark }: { id: string; mark: string }) => [id, mark]),
  );
  expect([code, told.ok], stdout).toEqual([0, true]);
  expect(marks).toMatchObject({
    ...{ node: "ok", driver: "ok", processes: "warning", "data-folder": "ok" },
    ...{ panel: "warning", samples: "ok", rights: "ok", backend: "ok" },
  });
  for (const { mark, advice } of told.checks) expect(advice === null).toBe(mark === "ok");

  rig.fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
  const bad = await cli(nobody, ["doctor", "--lang", "zh-CN"], { env });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/有问题.*GPU[\s\S]*→/);
  expect(bad.stdout).toMatch(/留意 .*端口 \d+ 空闲/);
});
