import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { cli, startCli } from "../helpers/cli.ts";
import { ownPython } from "../helpers/own-python.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Builds the wheel and unpacks it as pip would; the folder, and the wheel's bytes. */
async function unpacked() {
  await run(process.execPath, [join(ROOT, "build/wheel/main.mjs")]);
  const out = join(ROOT, "dist-wheel");
  const [file = "", ...others] = readdirSync(out);
  expect(others).toEqual([]);
  const folder = mkdtempSync(join(inject("runFolder"), "wheel-"));
  await run(await ownPython(), ["-m", "zipfile", "-e", join(out, file), folder]);
  return { folder, file, bytes: readFileSync(join(out, file)) };
}

test("PKG-1 PKG-1b PKG-2 the wheel is whole, the same each time, and its program is the sidecar that it holds", async () => {
  const { folder, file, bytes } = await unpacked();
  expect((await unpacked()).bytes.equals(bytes)).toBe(true);
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(file).toBe(`gpu_status_panel-${version}-py3-none-any.whl`);
  const info = `gpu_status_panel-${version}.dist-info`;
  const record = readFileSync(join(folder, info, "RECORD"), "utf8")
    .trim()
    .split("\n");
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  expect(record.map((line) => line.split(",")[0]).sort()).toEqual(paths.sort());
  for (const line of record.slice(0, -1)) {
    const [path = "", hash, size] = line.split(",");
    const content = readFileSync(join(folder, path));
    const found = `sha256=${createHash("sha256").update(content).digest("base64url")}`;
    expect([path, found, String(content.length)]).toEqual([path, hash, size]);
  }
  const metadata = readFileSync(join(folder, info, "METADATA"), "utf8");
  expect(metadata).toContain("License-Expression: MIT AND Apache-2.0 AND ISC AND BSD-3-Clause\n");
  expect(metadata).not.toMatch(/^Requires-Dist: (?!.*; extra == "node")/m);

  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" };
  const asked = ["-m", "gpu_status_panel", "--version"];
  expect((await run(await ownPython(), asked, { env, cwd: folder })).stdout).toBe(`${version}\n`);
  // A program of the wheel serves the page and the element that lie beside it.
  const sidecar = await startSidecar(
    ["--source", "demo"],
    {},
    join(folder, "gpu_status_panel/_sidecar/server/main.js"),
  );
  try {
    expect(await (await fetch(sidecar.url)).text()).toContain("<!doctype html>");
    expect((await fetch(`${sidecar.url}element.js`)).status).toBe(200);
  } finally {
    await sidecar.end();
  }
});

test("CLI-6 the console script of the wheel passes commands, signals and exit codes on", async () => {
  const { folder } = await unpacked();
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" };
  const program = [await ownPython(), "-m", "gpu_status_panel"];
  const url = "http://127.0.0.1:39999/";
  const ran = await cli(url, ["run", "--without-panel", "--", "sh", "-c", "cat; kill -TERM $$"], {
    ...{ program, env, input: "in and out\n" },
  });
  expect([ran.code, ran.stdout]).toEqual([143, "in and out\n"]);
  const ready = join(folder, "ready");
  const script = `trap 'exit 9' TERM; touch ${ready}; while :; do sleep 0.05; done`;
  const run = startCli(url, ["run", "--without-panel", "--", "sh", "-c", script], { program, env });
  await waitUntil(() => existsSync(ready), { what: "the program" });
  run.child.kill("SIGTERM");
  expect(await run.ended).toBe(9);
  expect(await cli(url, ["status"], { program, env })).toMatchObject({ code: 2 });
});

test("PKG-3 what is bundled is told to people and to programs, in the wheel and in the npm package", async () => {
  const { folder } = await unpacked();
  const [info = ""] = readdirSync(folder).filter((name) => name.endsWith(".dist-info"));
  for (const [notices, sbom] of [
    [join(folder, info, "licenses/THIRD-PARTY.md"), join(folder, info, "sboms/gpu-status-panel.cdx.json")],
    [join(ROOT, "dist/THIRD-PARTY.md"), join(ROOT, "dist/gpu-status-panel.cdx.json")],
  ] as const) {
    const text = readFileSync(notices, "utf8");
    const { components, bomFormat, dependencies } = JSON.parse(readFileSync(sbom, "utf8"));
    expect(bomFormat).toBe("CycloneDX");
    const bundled = components.filter((one: { scope?: string }) => one.scope !== "optional");
    expect(bundled.length).toBeGreaterThan(20);
    for (const { name, version } of bundled) expect(text).toContain(`## ${name} ${version} (`);
    expect(dependencies[0].dependsOn).toHaveLength(components.length);
  }
});

test("PKG-4 a libsql in some folder above is not run", async () => {
  const folder = mkdtempSync(join(inject("runFolder"), "above-"));
  const marker = join(folder, "run");
  const foreign = join(folder, "node_modules/libsql");
  mkdirSync(foreign, { recursive: true });
  writeFileSync(
    join(foreign, "index.js"),
    `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "");`,
  );
  const own = join(folder, "site/_sidecar");
  cpSync(join(ROOT, "dist/server"), join(own, "server"), { recursive: true });
  writeFileSync(join(own, "package.json"), '{ "name": "gpu-status-panel", "type": "module" }\n');
  await run(process.execPath, [join(own, "server/main.js"), "--version"]);
  expect(readdirSync(folder).sort()).toEqual(["node_modules", "site"]);
});
