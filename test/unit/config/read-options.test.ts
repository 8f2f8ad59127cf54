import { describe, expect, test } from "vitest";
import { usage } from "../../../server/config/explain.ts";
import { FLAGS } from "../../../server/config/options.ts";
import { readOptions } from "../../../server/config/read-options.ts";
import { splitCommandLine } from "../../../server/lib/command-line.ts";
import { chooseSource } from "../../../server/sampling/choose-source.ts";

const noFile = () => null;
const file = (content: unknown) => () => (typeof content === "string" ? content : JSON.stringify(content));
function optionsOf(...parameters: Parameters<typeof readOptions>) {
  const result = readOptions(...parameters);
  if (result.kind !== "options") throw new Error(JSON.stringify(result));
  return result.options;
}
function errorsOf(...parameters: Parameters<typeof readOptions>) {
  const result = readOptions(...parameters);
  return result.kind === "errors" ? result.errors.join("\n") : `no errors: ${result.kind}`;
}

describe("options", () => {
  test("CFG-1 the defaults are those of the contract", () => {
    expect(optionsOf([], {}, noFile)).toMatchObject({
      host: "127.0.0.1",
      port: 7870,
      basePath: "/",
      source: "auto",
      interval: 1000,
      backend: "none",
      allowOrigin: [],
    });
  });

  test("CFG-1 flags beat environment beat file", () => {
    const content = { port: 1, interval: 300, host: "h1" };
    const env = { GPU_PANEL_PORT: "2", GPU_PANEL_INTERVAL: "400" };
    expect(optionsOf(["--port", "3"], env, file(content))).toMatchObject({
      port: 3,
      interval: 400,
      host: "h1",
    });
    expect(optionsOf(["--port=0"], { GPU_PANEL_PORT: "" }, noFile).port).toBe(0);
  });

  test("CFG-1 lists, paths and repeated flags", () => {
    expect(optionsOf(["--gpus", "0, GPU-aa,"], {}, noFile).gpus).toEqual(["0", "GPU-aa"]);
    expect(
      optionsOf(["--allow-origin", "https://a.example", "--allow-origin", "http://b.example:81"], {}, noFile)
        .allowOrigin,
    ).toEqual(["https://a.example", "http://b.example:81"]);
    for (const path of ["gpu", "/gpu", "gpu/", "/gpu/"])
      expect(optionsOf(["--base-path", path], {}, noFile).basePath).toBe("/gpu/");
    expect(optionsOf(["--base-path", "/a/b"], {}, noFile).basePath).toBe("/a/b/");
    expect(optionsOf(["--backend", "http", "--backend-url", "http://x/y"], {}, noFile).backendUrl).toBe(
      "http://x/y",
    );
  });

  test("CFG-1 what is wrong is named with its place", () => {
    expect(errorsOf(["--port", "abc"], {}, noFile)).toMatch(/--port: the port is a whole number/);
    expect(errorsOf([], { GPU_PANEL_INTERVAL: "5" }, noFile)).toMatch(
      /GPU_PANEL_INTERVAL: the interval is at least 200/,
    );
    expect(errorsOf([], {}, file({ host: 5 }))).toMatch(
      /host in gpu-panel\.config\.json: expected string, not 5/,
    );
    expect(errorsOf([], {}, file({ hots: "x" }))).toMatch(/hots.*no such setting/);
    expect(errorsOf([], {}, file("{"))).toMatch(/gpu-panel\.config\.json: /);
    expect(errorsOf([], {}, file("[]"))).toMatch(/one JSON object/);
    expect(errorsOf(["--config", "missing.json"], {}, noFile)).toMatch(/missing\.json: no such file/);
    expect(errorsOf(["--unknown"], {}, noFile)).toMatch(/--unknown/);
    expect(errorsOf(["--allow-origin", "https://a.example/path"], {}, noFile)).toMatch(
      /--allow-origin.*an origin such as/,
    );
    expect(errorsOf(["--backend", "http"], {}, noFile)).toMatch(/needs --backend-url/);
    expect(errorsOf(["--backend-url", "http://x"], {}, noFile)).toMatch(/add --backend http/);
    expect(errorsOf(["--source", "replay:x"], {}, noFile)).toMatch(/--source: auto, nvidia-smi or demo/);
    const secret = errorsOf(["--token", "short"], {}, noFile);
    expect(secret).toMatch(/--token: a token of at least 8/);
    expect(secret).not.toContain("short");
  });

  test("CFG-1 --help names every flag, and both --help and --version win over the rest", () => {
    for (const { flag } of FLAGS) expect(usage()).toContain(`--${flag}`);
    expect(readOptions(["--help", "--port", "1"], {}, noFile).kind).toBe("help");
    expect(readOptions(["-v"], {}, noFile).kind).toBe("version");
  });
});

test("SMP-13 which source: asked for, found, or the demo only where there is nothing", () => {
  const choose = (args: string[], env = { PATH: "/nonexistent" }) =>
    chooseSource(optionsOf(args, {}, noFile), env);
  expect(choose([])).toMatchObject({ kind: "demo", reason: "no-nvidia-smi" });
  expect(choose(["--source", "demo:8"])).toEqual({ kind: "demo", gpuCount: 8, reason: "asked-for" });
  expect(choose(["--source", "nvidia-smi"])).toEqual({ kind: "nvidia-smi", command: ["nvidia-smi"] });
  expect(choose(["--nvidia-smi", "ssh 'gpu host' nvidia-smi"])).toEqual({
    kind: "nvidia-smi",
    command: ["ssh", "gpu host", "nvidia-smi"],
  });
  expect(choose(["--nvidia-smi", process.execPath])).toEqual({
    kind: "nvidia-smi",
    command: [process.execPath],
  });
  expect(splitCommandLine(`a "b c"'d' ""`)).toEqual(["a", "b cd", ""]);
  expect(splitCommandLine("a 'b")).toBeNull();
});
