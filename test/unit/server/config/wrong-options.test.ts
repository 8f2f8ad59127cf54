import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBlockedPort } from "../../../../server/config/blocked-ports.ts";
import { FLAGS } from "../../../../server/config/options.ts";
import { readOptions } from "../../../../server/config/read-options.ts";
import { errorsOf, file, hook, noFile, optionsOf } from "./reading.ts";

describe("what is wrong", () => {
  test("CFG-1b a file that is missing or is no object, a flag that does not exist or lacks its value", () => {
    expect(errorsOf(["--config", "missing.json"], {}, noFile)).toBe("missing.json: no such file");
    expect(errorsOf([], { GPU_PANEL_CONFIG: "gone.json" }, noFile)).toBe("gone.json: no such file");
    for (const content of ["[]", "5", "null", '"x"']) {
      expect(errorsOf([], {}, () => content)).toMatch(/gpu-panel\.config\.json: must hold one JSON object/);
    }
    expect(errorsOf([], {}, () => '{"port": }')).toMatch(/^gpu-panel\.config\.json: /);
    expect(errorsOf(["--unknown"], {}, noFile)).toMatch(/--unknown/);
    expect(errorsOf(["--port"], {}, noFile)).toMatch(/--port/);
    expect(errorsOf(["stray"], {}, noFile)).toMatch(/stray/);
    expect(errorsOf(["--allow-origin", "https://a.example/path"], {}, noFile)).toMatch(
      /--allow-origin.*an origin such/,
    );
    expect(errorsOf(["--token", "short"], {}, noFile)).toMatch(/--token: a token of at least 8/);
  });

  test.each([
    ["--port", "65536", "GPU_PANEL_PORT", "port"],
    ["--interval", "199", "GPU_PANEL_INTERVAL", "interval"],
    ["--interval", "1.5", "GPU_PANEL_INTERVAL", "interval"],
    ["--source", "replay", "GPU_PANEL_SOURCE", "source"],
    ["--base-path", "/a b/", "GPU_PANEL_BASE_PATH", "basePath"],
    ["--backend", "ftp", "GPU_PANEL_BACKEND", "backend"],
    ["--backend-url", "ftp://x", "GPU_PANEL_BACKEND_URL", "backendUrl"],
    ["--allow-origin", "example.org", "GPU_PANEL_ALLOW_ORIGIN", "allowOrigin"],
  ])("CFG-1b %s %s is named by the flag, the variable or the file's key", (flag, value, variable, key) => {
    expect(errorsOf([flag, value], {}, noFile)).toMatch(new RegExp(`^${flag}\\b`));
    expect(errorsOf([], { [variable]: value }, noFile)).toMatch(new RegExp(`^${variable}\\b`));
    expect(errorsOf([], {}, file({ [key]: value }))).toMatch(
      new RegExp(`^${key} in gpu-panel\\.config\\.json\\b`),
    );
    // The place that counts is the one that is named.
    expect(errorsOf([flag, value], { [variable]: value }, file({ [key]: value }))).toMatch(
      new RegExp(`^${flag}\\b`),
    );
  });

  test("CFG-1b every mistake is named, not the first alone, and in lists and objects to the depth", () => {
    const lines = errorsOf(["--port", "x", "--interval", "y"], {}, file({ hots: 1 })).split("\n");
    expect(lines).toHaveLength(3);
    const nested = errorsOf([], {}, file({ backends: [{ kind: "http", url: "nope", methd: "GET" }] }));
    expect(nested).toMatch(/backends in gpu-panel\.config\.json › 0 › url: a URL that begins with http/);
    expect(nested).toMatch(/backends in gpu-panel\.config\.json › 0 › methd: there is no such setting/);
    expect(errorsOf([], {}, file({ profiles: [{ id: "a b", label: "x", peakMiB: 0 }] }))).toMatch(
      /profiles.*› 0 › id/,
    );
  });

  test("CFG-1b a contradiction names the place that it comes from", () => {
    expect(errorsOf([], { GPU_PANEL_BACKEND: "http" }, noFile)).toMatch(/GPU_PANEL_BACKEND/);
    expect(errorsOf([], {}, file({ backendUrl: "http://x/" }))).toMatch(/gpu-panel\.config\.json/);
  });

  test("CFG-1b a job profile that does not exist is named, and one of the file exists", () => {
    expect(errorsOf(["--profile", "no-such-model"], {}, noFile)).toMatch(/--profile.*no-such-model/);
    expect(optionsOf(["--profile", "wan2.2-i2v-a14b"], {}, noFile).profile).toBe("wan2.2-i2v-a14b");
    const mine = file({ profiles: [{ id: "mine", label: "Mine", peakMiB: 1 }] });
    expect(optionsOf(["--profile", "mine"], {}, mine).profile).toBe("mine");
  });

  test("CFG-1b a secret is in no error, wherever it stands", () => {
    for (const secret of ["hunter2", "x".repeat(257)]) {
      expect(errorsOf(["--token", secret], {}, noFile)).toMatch(/^--token/);
      expect(errorsOf(["--token", secret], {}, noFile)).not.toContain(secret);
      expect(errorsOf([], { GPU_PANEL_TOKEN: secret }, noFile)).not.toContain(secret);
    }
  });

  test("CFG-7 CFG-7b an address whose port no client calls is refused wherever one can stand, and told of the panel's own", () => {
    const at = (port: number) => `http://127.0.0.1:${port}/`;
    const words = /: a URL with another port: .* refuse this one/;
    expect(errorsOf(["--backend", "comfyui", "--backend-url", at(6000)], {}, noFile)).toMatch(
      /^--backend-url: a URL with another port/,
    );
    for (const wrong of [
      { backends: [{ kind: "ollama", url: at(22) }] },
      { backends: [{ ...hook, interrupt: { url: at(9) } }] },
      { notify: [{ kind: "slack", url: at(10080) }] },
    ])
      expect(errorsOf([], {}, file(wrong))).toMatch(words);
    expect(optionsOf(["--backend", "comfyui", "--backend-url", at(6001)], {}, noFile).backendUrl).toBe(
      at(6001),
    );
    const started = readOptions(["--port", "6000"], {}, noFile);
    expect(started).toMatchObject({
      kind: "options",
      warnings: [expect.stringMatching(/^--port: browsers refuse to open port 6000/)],
    });
  });

  test("CFG-7 whatever port fetch refuses is refused at the start", async () => {
    const dispatch = () => {
      throw new Error("called");
    };
    const refused: number[] = [];
    for (let port = 1; port < 11_000; port++) {
      // Typed as the fetch of a browser, which has no dispatcher.
      const asked: unknown = Reflect.apply(fetch, undefined, [
        `http://127.0.0.1:${port}/`,
        { dispatcher: { dispatch } },
      ]);
      const error: unknown = await Promise.resolve(asked).catch((one: unknown) => one);
      const { cause } = error instanceof Error ? error : { cause: null };
      if (cause instanceof Error && cause.message === "bad port") refused.push(port);
    }
    expect(refused).toContain(6000);
    expect(refused.filter((port) => !isBlockedPort(port))).toEqual([]);
  });

  // The guard is for a hang: a pattern that backtracks takes hours over these, one that does not, microseconds.
  test("CFG-1b a long base path that is wrong is named without a hang", { timeout: 2000 }, () => {
    expect(errorsOf(["--base-path", `/${"video".repeat(6)}ab?`], {}, noFile)).toMatch(/^--base-path/);
  });

  test("CFG-1b no arguments, variables or file whatever end the reading with an exception", () => {
    const names = FLAGS.map(({ flag }) => `--${flag}`);
    const argument = fc.oneof(
      fc.constantFrom(...names, "--help", "-v", "--config"),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(
        fc.array(argument, { maxLength: 6 }),
        fc.jsonValue(),
        fc.string(),
        (args, content, variable) => {
          const result = readOptions(args, { GPU_PANEL_GPUS: variable }, file(content));
          if (result.kind === "errors") expect(result.errors.every((error) => error !== "")).toBe(true);
        },
      ),
    );
    expect(readOptions([], {}, () => "{").kind).toBe("errors");
  });
});
