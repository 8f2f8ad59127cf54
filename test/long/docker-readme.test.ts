import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { DOCKER_FOLDER } from "../helpers/find-private-machine.ts";
import { packPackage } from "../helpers/packed-package.ts";
import { CLONE, type PrivateMachine, startPrivateMachine } from "../helpers/private-machine.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { watchMachine } from "../helpers/watch-machine.ts";

const lacks = inject("dockerLacks");
const readme = readmeSnippets("integrations/docker/README.md");
const [up = "", composeLogs = "", buildAndRun = "", logs = ""] = readme.takeAll("sh").map(({ code }) => code);
const [inspectCommand = ""] = readme.takeAll("inline").map(({ code }) => code);
const [extract = ""] = up.split("\n");

let started: PrivateMachine | undefined;
/** A process on the Docker host that holds VRAM. */
let holder = 0;
beforeAll(async () => {
  if (lacks !== "") return;
  started = await startPrivateMachine({
    how: "plain",
    program: ["dockerd"],
    name: "dockerd",
    layers: [DOCKER_FOLDER],
    files: [(await packPackage()).tarball],
    ready: "docker version",
  });
  const { run, script } = started;
  await run(
    `sh ${CLONE}/test/fixtures/private-machine/base-image.sh | docker import - node:22-bookworm-slim`,
  );
  holder = Number(await run("sleep infinity >/dev/null 2>&1 & echo $!"));
  const gpu = fakeGpu(0, { name: "NVIDIA H200" });
  const held = { gpu_uuid: gpu.uuid, pid: holder, process_name: "/usr/bin/sleep", used_memory: 512 };
  await script({ gpus: [gpu], processes: [held] });
}, 240_000);
afterEach(async () => {
  await started?.run("docker ps --all --quiet | xargs --no-run-if-empty docker rm --force");
});
afterAll(() => started?.close());

/** The link in what a command shows, which stands there once the panel has started. */
function linkIn(commands: string): Promise<string | undefined> {
  return waitUntil(async () => /GPU status panel: (\S+)/.exec((await started?.run(commands)) ?? "")?.[1], {
    what: `a link shown by ${commands}`,
    timeoutMs: 30_000,
    everyMs: 200,
  });
}

const inspect = async (what: string) =>
  (await started?.run(`docker inspect --format '${what}' "$(docker ps --all --latest --quiet)"`))?.trim();

/** What there is to see once samples and processes have come; the token of the link lets its owner act. */
async function expectPanel(machine: PrivateMachine, link: string | undefined) {
  const state = await watchMachine(machine, ({ gpus }) => (gpus[0]?.processes ?? []).length > 0);
  expect(state).toMatchObject({
    source: { kind: "nvidia-smi", status: "live", problem: null },
    gpus: [{ name: "NVIDIA H200", processes: [{ pid: holder, usedMiB: 512 }] }],
  });
  const token = /#token=(\S+)/.exec(link ?? "")?.[1];
  const release = (headers: Record<string, string>) =>
    fetch(`${machine.url}api/v1/release`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: '{"mode":"now"}',
    });
  expect((await release({})).status).toBe(403);
  expect(await (await release({ authorization: `Bearer ${token}` })).json()).toMatchObject({
    code: "no-backend",
  });

  // Nothing but the data can be written, and nobody in there has rights.
  const status = await machine.run(`cat /proc/${await inspect("{{.State.Pid}}")}/status`);
  expect(status).toMatch(/^Uid:\t1000\t/m);
  expect(status).toMatch(/^Cap(Eff|Prm|Bnd):\t0+$/m);
  expect(await inspect("{{.HostConfig.ReadonlyRootfs}}")).toBe("true");
  const exec = 'docker exec "$(docker ps --latest --quiet)"';
  expect(await machine.run(`${exec} ls /data`)).toContain("history.sqlite");
  // The driver tells of processes by the numbers of the host.
  expect(await machine.run(`${exec} cat /proc/${holder}/comm`)).toBe("sleep\n");
}

test("docker: compose builds and starts a panel with GPUs, a token, health and few rights", {
  timeout: 600_000,
}, async (context) => {
  if (started === undefined) return context.skip(lacks);
  await started.run(up);
  await expectPanel(started, await linkIn(composeLogs));
  await waitUntil(async () => (await inspect("{{.State.Health.Status}}")) === "healthy", {
    what: "a healthy container",
    timeoutMs: 120_000,
    everyMs: 500,
  });
  expect(await started.run(`${inspectCommand} "$(docker ps --latest --quiet)"`)).toContain(
    '{\\"status\\":\\"ok\\"}',
  );
});

test("docker: so it does without compose, and ends when told", {
  timeout: 240_000,
}, async (context) => {
  if (started === undefined) return context.skip(lacks);
  await started.run(`${extract}\n${buildAndRun}`);
  await expectPanel(started, await linkIn(logs));
  await started.run("docker stop gpu-panel");
  expect(await inspect("{{.State.ExitCode}}")).toBe("0");
});

test("docker: without --gpus all it shows its demo, without --pid host no process of the host", {
  timeout: 240_000,
}, async (context) => {
  if (started === undefined) return context.skip(lacks);
  const bare = buildAndRun.replace(" --gpus all", "").replace(" --pid host", "");
  expect(bare.length).toBe(buildAndRun.length - " --gpus all --pid host".length);
  await started.run(`${extract}\n${bare}`);
  expect(await watchMachine(started, ({ gpus }) => gpus.length > 0)).toMatchObject({
    source: { kind: "demo", demoReason: "no-nvidia-smi" },
  });
  await expect(started.run(`docker exec gpu-panel cat /proc/${holder}/comm`)).rejects.toThrow("No such file");
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
