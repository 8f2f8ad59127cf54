import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { State } from "../../shared/protocol/state.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type PackedPackage, packPackage } from "../helpers/packed-package.ts";
import { type PrivateMachine, startPrivateMachine } from "../helpers/private-machine.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { watchMachine } from "../helpers/watch-machine.ts";

const lacks = inject("machineLacks");
const readme = readmeSnippets("integrations/systemd/README.md");
const [install = "", enable = "", address = ""] = readme.takeAll("sh").map(({ code }) => code);
const [security = "", verify = ""] = readme.takeAll("inline").map(({ code }) => code);

let packed: PackedPackage | undefined;
let started: PrivateMachine | undefined;
beforeAll(async () => {
  if (lacks !== "") return;
  packed = await packPackage();
  started = await startPrivateMachine({
    how: "booted",
    program: ["/lib/systemd/systemd", "--unit=basic.target"],
    name: "systemd",
    files: [packed.tarball],
    ready: "systemctl is-system-running --wait",
  });
}, 240_000);
afterAll(async () => {
  await started?.close();
});

const hasProcesses = (state: State) => (state.gpus[0]?.processes ?? []).length > 0;

test("systemd: the README's steps end in a panel with samples, that comes back and goes when told", {
  timeout: 300_000,
}, async (context) => {
  if (started === undefined) return context.skip(lacks);
  const { run, script } = started;
  const holder = Number(await run("sleep infinity >/dev/null 2>&1 & echo $!"));
  const [gpu] = [fakeGpu(0, { name: "NVIDIA H200" })];
  const held = { gpu_uuid: gpu.uuid, pid: holder, process_name: "/usr/bin/sleep", used_memory: 512 };
  await script({ gpus: [gpu], processes: [held] });
  await run("echo GPU_PANEL_ALLOW_ORIGIN=https://webui.example >/etc/gpu-status-panel.env");

  await run(install);
  await run(enable);
  const told = () =>
    waitUntil(async () => /GPU status panel: (\S+)/.exec(await run(address))?.[1], {
      what: "the address in the journal",
      timeoutMs: 30_000,
      everyMs: 200,
    });
  expect(await told()).toBe("http://127.0.0.1:7870/");
  expect(await watchMachine(started, hasProcesses)).toMatchObject({
    source: { kind: "nvidia-smi", status: "live", problem: null },
    gpus: [{ name: "NVIDIA H200", processes: [{ pid: holder, name: "/usr/bin/sleep" }] }],
  });
  const { headers } = await fetch(`${started.url}api/v1/state`, {
    headers: { origin: "https://webui.example" },
  });
  expect(headers.get("access-control-allow-origin")).toBe("https://webui.example");

  // A user of its own, without rights, who keeps data of its own.
  const main = (await run("systemctl show --property MainPID --value gpu-status-panel")).trim();
  const status = await run(`cat /proc/${main}/status`);
  expect(status).toMatch(/^Uid:\t6\d{4}\t/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(await run("ls /var/lib/gpu-status-panel/")).toContain("history.sqlite");

  await run(`kill -KILL ${main}`);
  await waitUntil(async () => (await run(address)).match(/GPU status panel: /g)?.length === 2, {
    what: "the second start",
    timeoutMs: 30_000,
    everyMs: 200,
  });
  await watchMachine(started, hasProcesses);
  await run("systemctl stop gpu-status-panel");
  expect(await run("systemctl show --property Result,ActiveState,NRestarts gpu-status-panel | sort")).toBe(
    "ActiveState=inactive\nNRestarts=1\nResult=success\n",
  );
  expect(await run("systemctl is-enabled gpu-status-panel")).toBe("enabled\n");
  expect(await run(`${verify} gpu-status-panel.service 2>&1`)).toBe("");
  expect(await run(`${security} --offline=yes gpu-status-panel.service | tail -1`)).toContain("OK");
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
