import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { rotatedName } from "../../server/recording/log/rotation.ts";
import { createFakeNvidiaSmi } from "../helpers/fake-nvidia-smi.ts";
import { ownPython } from "../helpers/own-python.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CONFIGURATION = join(ROOT, "integrations/filebeat/filebeat.yml");
const readme = readmeSnippets("integrations/filebeat/README.md");

/** As far as this test looks at it. */
interface Configuration {
  "filebeat.inputs": {
    type: string;
    id: string;
    paths: string[];
    parsers: { ndjson: { target: string; overwrite_keys: boolean } }[];
  }[];
  processors: { drop_fields: { fields: string[] } }[];
  "output.elasticsearch": { hosts: string[]; index: string };
  "setup.template": { name: string; pattern: string; append_fields: { name: string; type: string }[] };
}

let end: (() => Promise<void>) | undefined;
afterEach(async () => {
  await end?.();
  end = undefined;
});

async function readConfiguration(): Promise<Configuration> {
  const program = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
  return JSON.parse(execFileSync(await ownPython(), ["-c", program, CONFIGURATION], { encoding: "utf8" }));
}

/** Runs the README's command with its log in a folder of the test; the log's path in the README and here. */
function startAsTold(): { told: string; log: string } {
  const fake = createFakeNvidiaSmi();
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-filebeat-"));
  const main = join(ROOT, "dist/server/main.js");
  chmodSync(main, 0o755);
  symlinkSync(main, join(fake.binDir, "gpu-status-panel"));
  const { code } = readme.take("sh");
  const told = /--log-jsonl (\S+)/.exec(code)?.[1] ?? "";
  mkdirSync(join(folder, "log"));
  const log = join(folder, "log", basename(told));
  const env = { ...fake.env, GPU_PANEL_PORT: "0", GPU_PANEL_DATA_DIR: join(folder, "data") };
  const child = spawn("sh", ["-c", `exec ${code.replace(told, log)}`], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  end = async () => {
    child.kill("SIGTERM");
    await ended;
    fake.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  return { told, log };
}

/** `name.like.this` in nested objects. */
const valueAt = (document: unknown, name: string) =>
  name
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

const matches = (glob: string, path: string) =>
  dirname(glob) === dirname(path) &&
  new RegExp(
    `^${basename(glob)
      .split("*")
      .map((part) => part.replace(/[.]/g, "\\."))
      .join(".*")}$`,
  ).test(basename(path));

test("REC-4 filebeat.yml reads the file that the README's command writes, and no file twice", async () => {
  const { told, log } = startAsTold();
  const configuration = await readConfiguration();
  const [input, ...others] = configuration["filebeat.inputs"];
  expect(others).toEqual([]);
  expect(input).toMatchObject({
    type: "filestream",
    parsers: [{ ndjson: { target: "", overwrite_keys: true } }],
  });
  const aside = join(dirname(told), rotatedName(basename(told), "2026-11-21", []));
  for (const path of [told, aside])
    expect(
      input?.paths.filter((glob) => matches(glob, path)),
      path,
    ).toHaveLength(1);

  const line = await waitUntil(
    () => {
      try {
        return readFileSync(log, "utf8").split("\n").slice(0, -1)[0];
      } catch {
        return null;
      }
    },
    { what: "the first line", timeoutMs: 30_000 },
  );
  const document = JSON.parse(line);
  // What Filebeat adds and the configuration takes away again is nothing of ours.
  const dropped = configuration.processors.flatMap(({ drop_fields: { fields } }) => fields);
  expect(dropped.filter((name) => valueAt(document, name) !== undefined)).toEqual([]);
  const { name, pattern, append_fields: fields } = configuration["setup.template"];
  for (const field of fields)
    expect([field, typeof valueAt(document, field.name)]).toEqual([field, "number"]);
  // Filebeat refuses an index of one's own without a template for it.
  expect(pattern).toBe(`${name}-*`);
  expect(configuration["output.elasticsearch"].index.startsWith(`${name}-`)).toBe(true);
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
