import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONFIGURABLE_KINDS } from "../../../../server/config/backend-options.ts";
import { usage } from "../../../../server/config/explain.ts";
import { FLAGS, variableOf } from "../../../../server/config/options.ts";
import { readOptions } from "../../../../server/config/read-options.ts";
import { DEFAULT_RULES } from "../health/trace.ts";
import { errorsOf, file, hook, noFile, optionsOf } from "./reading.ts";

describe("what counts", () => {
  test("CFG-1 for every setting and wherever it stands: flags beat environment beat file beat default", () => {
    const samples = new Map([
      ["host", ["h1", "h2", "h3"]],
      ["port", ["1", "2", "3"]],
      ["base-path", ["/a/", "/b/", "/c/"]],
      ["source", ["demo:1", "demo:2", "demo:3"]],
      ["nvidia-smi", ["n1", "n2", "n3"]],
      ["interval", ["301", "302", "303"]],
      ["gpus", ["1", "2", "3"]],
      ["token", ["token-one", "token-two", "token-three"]],
      ["allow-origin", ["http://a.example", "http://b.example", "http://c.example"]],
    ]);
    const places = fc.record({ flag: fc.boolean(), env: fc.boolean(), file: fc.boolean() });
    fc.assert(
      fc.property(fc.constantFrom(...samples.keys()), places, (flag, given) => {
        const key = FLAGS.find((one) => one.flag === flag)?.key ?? "host";
        const [inFlag = "", inEnv = "", inFile = ""] = samples.get(flag) ?? [];
        const expected = given.flag ? inFlag : given.env ? inEnv : given.file ? inFile : null;
        const options = optionsOf(
          given.flag ? [`--${flag}`, inFlag] : [],
          given.env ? { [variableOf(flag)]: inEnv } : {},
          given.file ? file({ [key]: inFile }) : noFile,
        );
        const value = options[key];
        if (expected === null) expect(value).toEqual(optionsOf([], {}, noFile)[key]);
        else expect(Array.isArray(value) ? value.join() : String(value)).toBe(expected);
      }),
    );
  });

  test("CFG-1 the file is the one that --config names, else GPU_PANEL_CONFIG, else the one that lies there", () => {
    const files: Readonly<Record<string, string>> = {
      "a.json": '{"port":1}',
      "b.json": '{"port":2}',
      "gpu-panel.config.json": '{"port":3}',
    };
    const read = (path: string) => files[path] ?? null;
    expect(optionsOf(["--config", "a.json"], { GPU_PANEL_CONFIG: "b.json" }, read).port).toBe(1);
    expect(optionsOf([], { GPU_PANEL_CONFIG: "b.json" }, read).port).toBe(2);
    expect(optionsOf([], {}, read).port).toBe(3);
    expect(optionsOf([], {}, noFile).port).toBe(7870);
  });

  test("CFG-1 an empty variable is no setting, GPU_PANEL_CONFIG included", () => {
    const env = Object.fromEntries(FLAGS.map(({ flag }) => [variableOf(flag), ""]));
    expect(optionsOf([], env, noFile)).toEqual(optionsOf([], {}, noFile));
    expect(optionsOf([], { GPU_PANEL_CONFIG: "" }, noFile)).toEqual(optionsOf([], {}, noFile));
  });

  test("CFG-1 a backend named by flag or environment beats the file's backends, and so does none", () => {
    const url = ["--backend", "http", "--backend-url", "http://flag.example/"];
    for (const args of [url, ["--backend", "none"]]) {
      const result = readOptions(args, {}, file({ backends: [hook] }));
      // Refusing the two together would do as well; taking the file's in silence does not.
      expect(result.kind === "options" ? (result.options.backends ?? []) : []).toEqual([]);
    }
    expect(optionsOf([], {}, file({ backends: [hook] })).backends).toMatchObject([hook]);
  });

  test("CFG-1 a kind is enough where the backend listens at its usual port; only the hook needs its address", () => {
    for (const kind of CONFIGURABLE_KINDS.filter((one) => one !== "http")) {
      expect(optionsOf(["--backend", kind], {}, noFile)).toMatchObject({ backend: kind });
      expect(optionsOf([], { GPU_PANEL_BACKEND: kind }, noFile).backendUrl).toBeUndefined();
      const url = "http://gpu-host:1234/prefix";
      expect(optionsOf(["--backend", kind, "--backend-url", url], {}, noFile).backendUrl).toBe(url);
    }
    expect(errorsOf(["--backend", "http"], {}, noFile)).toMatch(/^--backend: http needs --backend-url/);
  });

  test("CFG-1 the home of the card is no backend that leaves when it is idle", () => {
    const both = { home: "llm", idleReleaseMinutes: { llm: 5 } };
    expect(errorsOf([], {}, file(both))).toMatch(/^idleReleaseMinutes in .*: llm would come and go/);
  });

  test("CFG-1b backend and backends together in the file are refused; by flag or variable one takes the other's place", () => {
    const both = { backend: "comfyui", backends: [hook] };
    expect(errorsOf([], {}, file(both))).toMatch(
      /^backend in gpu-panel\.config\.json: .*both backend and backends/,
    );
    expect(errorsOf([], {}, file({ ...both, backend: "none" }))).toMatch(/both backend and backends/);
    for (const result of [
      optionsOf(["--backend", "ollama"], {}, file(both)),
      optionsOf([], { GPU_PANEL_BACKEND: "ollama" }, file(both)),
    ]) {
      expect(result).toMatchObject({ backend: "ollama" });
      expect(result.backends).toBeUndefined();
    }
    // How often the file's backends are asked is no backend.
    const timing = { backends: [hook], backendInterval: 300, releasePatience: 600 };
    expect(optionsOf([], {}, file(timing))).toMatchObject(timing);
  });

  test("CFG-1b an address without a backend is named, wherever it stands", () => {
    expect(errorsOf(["--backend-url", "http://x/"], {}, noFile)).toMatch(/^--backend-url: .*no backend/);
    expect(errorsOf([], { GPU_PANEL_BACKEND_URL: "http://x/" }, file({ backends: [hook] }))).toMatch(
      /^GPU_PANEL_BACKEND_URL: .*no backend/,
    );
    expect(errorsOf(["--backend", "none", "--backend-url", "http://x/"], {}, noFile)).toMatch(/no backend/);
  });
});

describe("what may stand there", () => {
  test("CFG-1 the defaults are those of the documentation, and open to nobody", () => {
    expect(optionsOf([], {}, noFile)).toEqual({
      host: "127.0.0.1",
      port: 7870,
      basePath: "/",
      source: "auto",
      interval: 1000,
      findBackends: true,
      backendInterval: 5000,
      releasePatience: 15_000,
      historyInterval: 50_000,
      decisions: { maxMiB: 200, keepDays: 14 },
      allowOrigin: [],
      profiles: [],
      alerts: DEFAULT_RULES,
      notify: [],
      reserve: 256,
      releaseOnRequest: [],
      homeAfterSeconds: 120,
      minTurnSeconds: 60,
      idleReleaseMinutes: {},
      logs: { maxMiB: 100, keepDays: 30 },
      open: false,
    });
  });

  test("CFG-1 CAP-2 the reserve is a number of MiB, never a share", () => {
    expect(optionsOf(["--reserve", "4096"], {}, noFile).reserve).toBe(4096);
    expect(optionsOf([], { GPU_PANEL_RESERVE: "0" }, noFile).reserve).toBe(0);
    expect(optionsOf([], {}, file({ reserve: 512 })).reserve).toBe(512);
    for (const reserve of [-1, 1.5, "much", { share: 0.05 }])
      expect(errorsOf([], {}, file({ reserve }))).toMatch(/reserve in gpu-panel\.config\.json/);
    expect(errorsOf(["--reserve", "2g"], {}, noFile)).toMatch(/"2g"/);
  });

  test("CFG-1 lists by commas or as JSON, paths with and without their slashes, flags that repeat, switches", () => {
    expect(optionsOf(["--gpus", "0, GPU-aa,"], {}, noFile).gpus).toEqual(["0", "GPU-aa"]);
    expect(optionsOf([], {}, file({ gpus: ["0", "1"] })).gpus).toEqual(["0", "1"]);
    const origins = ["https://a.example", "http://b.example:81"];
    expect(
      optionsOf(
        origins.flatMap((origin) => ["--allow-origin", origin]),
        {},
        noFile,
      ).allowOrigin,
    ).toEqual(origins);
    expect(optionsOf([], { GPU_PANEL_ALLOW_ORIGIN: origins.join(", ") }, noFile).allowOrigin).toEqual(
      origins,
    );
    for (const path of ["gpu", "/gpu", "gpu/", "/gpu/"]) {
      expect(optionsOf(["--base-path", path], {}, noFile).basePath).toBe("/gpu/");
    }
    expect(
      ["/", "", "/a/b", "~u/x.y-z_/"].map((path) => optionsOf([`--base-path=${path}`], {}, noFile).basePath),
    ).toEqual(["/", "/", "/a/b/", "/~u/x.y-z_/"]);
    expect(optionsOf(["--open"], {}, noFile).open).toBe(true);
    expect(
      ["1", "true", "0", "false"].map((text) => optionsOf([], { GPU_PANEL_OPEN: text }, noFile).open),
    ).toEqual([true, true, false, false]);
    expect(optionsOf(["--port=0"], {}, noFile).port).toBe(0);
  });

  test("CFG-1 --help names every flag with its variable's pattern; --help and --version win over what is wrong", () => {
    for (const { flag } of FLAGS) expect(usage()).toContain(`--${flag}`);
    expect(usage()).toContain("GPU_PANEL_BASE_PATH");
    expect(readOptions(["--help", "--port", "x"], {}, noFile).kind).toBe("help");
    expect(readOptions(["-v", "--port", "x"], {}, () => "{").kind).toBe("version");
  });
});
