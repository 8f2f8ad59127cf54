import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  type BackendOptions,
  backendSchema,
  CONFIGURABLE_KINDS,
} from "../../../../server/config/backend-options.ts";
import { readOptions } from "../../../../server/config/read-options.ts";
import { createBackend } from "../../../../server/release/backends/create-backend.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import { BACKEND_KINDS } from "../../../../shared/release/backend.ts";

const parse = (options: object) => v.parse(backendSchema, options);
function backendsOf(...backends: object[]) {
  const result = readOptions([], {}, () => JSON.stringify({ backends }));
  if (result.kind !== "options") throw new Error(JSON.stringify(result));
  return result.options.backends;
}
function errorsOf(...backends: object[]): string {
  const result = readOptions([], {}, () => JSON.stringify({ backends }));
  return result.kind === "errors" ? result.errors.join("\n") : `no errors but ${JSON.stringify(result)}`;
}
const IN_FILE = "backends in gpu-panel\\.config\\.json";
const SECRET = "hunter2-hunter2";

describe("defaults", () => {
  const DEFAULTS: Record<Exclude<BackendOptions["kind"], "http">, Record<string, unknown>> = {
    comfyui: { url: "http://127.0.0.1:8188", timeoutMs: 10_000, keepCache: false },
    a1111: { url: "http://127.0.0.1:7860", timeoutMs: 60_000 },
    forge: { url: "http://127.0.0.1:7860", timeoutMs: 60_000 },
    sdnext: { url: "http://127.0.0.1:7860", timeoutMs: 60_000 },
    swarmui: { url: "http://127.0.0.1:7801", timeoutMs: 10_000, systemRam: true },
    gradio: { url: "http://127.0.0.1:7860", timeoutMs: 120_000, apiName: "/unload", data: [], queued: false },
    ollama: { url: "http://127.0.0.1:11434", timeoutMs: 10_000 },
    vllm: { url: "http://127.0.0.1:8000", timeoutMs: 60_000, level: 1 },
    llamacpp: { url: "http://127.0.0.1:8080", timeoutMs: 20_000 },
    lmstudio: { url: "http://127.0.0.1:1234", timeoutMs: 30_000 },
    invokeai: { url: "http://127.0.0.1:9090", timeoutMs: 60_000 },
  };

  test.each(Object.entries(DEFAULTS))("REL-9 %s needs no more than its kind", (kind, defaults) => {
    expect(parse({ kind })).toEqual({ kind, headers: {}, ...defaults });
    // Its own host alone, and where it can be asked for without a flag for each part.
    expect(new URL(parse({ kind }).url).hostname).toBe("127.0.0.1");
  });

  test("REL-9 the generic hook needs its address, and POSTs with 10 s", () => {
    expect(parse({ kind: "http", url: "http://h/unload" })).toEqual({
      kind: "http",
      url: "http://h/unload",
      method: "POST",
      headers: {},
      timeoutMs: 10_000,
      status: true,
    });
    expect(errorsOf({ kind: "http" })).toMatch(new RegExp(`^${IN_FILE} › 0 › url: `));
    const interrupt = { url: "http://h/stop" };
    expect(parse({ kind: "http", url: "http://h/", interrupt })).toMatchObject({
      interrupt: { url: "http://h/stop", method: "POST" },
    });
  });

  test("REL-9 every kind but the simulated one can be configured", () => {
    expect([...CONFIGURABLE_KINDS].sort()).toEqual(BACKEND_KINDS.filter((kind) => kind !== "demo").sort());
    expect(Object.keys(DEFAULTS).sort()).toEqual(CONFIGURABLE_KINDS.filter((kind) => kind !== "http").sort());
    expect(errorsOf({ kind: "demo" })).toMatch(new RegExp(`^${IN_FILE} › 0 › kind: `));
  });
});

describe("names", () => {
  test("REL-9 two of one kind need an id each, and an id is not to be another's kind", () => {
    const twice = /two of one kind need an id each/;
    expect(errorsOf({ kind: "comfyui" }, { kind: "comfyui" })).toMatch(twice);
    expect(errorsOf({ kind: "comfyui", id: "x" }, { kind: "ollama", id: "x" })).toMatch(twice);
    expect(errorsOf({ kind: "comfyui" }, { kind: "ollama", id: "comfyui" })).toMatch(twice);
    expect(
      backendsOf({ kind: "comfyui" }, { kind: "comfyui", id: "second" }, { kind: "ollama" }),
    ).toHaveLength(3);
  });

  test("REL-9 an id is of letters, digits, dots and dashes, and can stand in an address", () => {
    const good = /^[\w.-]{1,60}$/;
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 70 }), fc.stringMatching(good)), (id) => {
        expect(v.is(backendSchema, { kind: "comfyui", id })).toBe(good.test(id));
      }),
    );
  });

  test("REL-9 sixteen at the most", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ kind: "ollama", id: `o${i}` }));
    expect(backendsOf(...many(16))).toHaveLength(16);
    expect(errorsOf(...many(17))).toMatch(new RegExp(`^${IN_FILE}: `));
  });
});

describe("what is wrong", () => {
  test.each([
    [{ kind: "comfyui", keepcache: true }, "keepcache: there is no such setting"],
    [{ kind: "comfyui", keepCache: "yes" }, "keepCache: "],
    [{ kind: "comfyui", apiKey: "x" }, "apiKey: there is no such setting"],
    [{ kind: "vllm", level: 3 }, "level: "],
    [{ kind: "ollama", timeoutMs: 99 }, "timeoutMs: "],
    [{ kind: "ollama", timeoutMs: 1.5 }, "timeoutMs: "],
    [{ kind: "gradio", apiName: "/a b" }, "apiName: "],
    [{ kind: "gradio", data: {} }, "data: "],
    [{ kind: "a1111", headers: { a: 1 } }, "headers › a: "],
    [{ kind: "http", url: "http://h/", interrupt: { url: "nope" } }, "interrupt › url: "],
    [{ kind: "http", url: "http://h/", method: "get" }, "method: "],
    [{ kind: "ollama", url: "127.0.0.1:11434" }, "url: a URL that begins with http"],
    [{ kind: "ollama", url: "" }, "url: a URL that begins with http"],
    [{ kind: "ollama", url: "http://" }, "url: a URL that begins with http"],
    [{ kind: "nope" }, "kind: "],
    [{}, "kind: "],
  ])("REL-9 %j is refused at its place", (wrong, said) => {
    const lines = errorsOf({ kind: "comfyui", id: "good" }, wrong).split("\n");
    expect(
      lines.filter((line) => line.startsWith(`backends in gpu-panel.config.json › 1 › ${said}`)),
    ).not.toEqual([]);
  });

  test("REL-9 nothing whatever in the list ends the reading with an exception", () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("http://", "http://[", "http://h:99999/", "https://ok/"),
      fc.jsonValue(),
    );
    const entry = fc.dictionary(
      fc.constantFrom("kind", "url", "id", "headers", "timeoutMs", "interrupt", "apiKey", "level", "data"),
      fc.oneof(value, fc.constantFrom(...CONFIGURABLE_KINDS), fc.record({ url: value })),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), (backends) => {
        const result = readOptions([], {}, () => JSON.stringify({ backends }));
        if (result.kind === "errors") expect(result.errors.every((error) => error !== "")).toBe(true);
      }),
    );
  });
});

describe("secrets", () => {
  test("SEC-6 an address with a user, a password or a fragment is refused, in every place that takes one", () => {
    const login = /a URL without user, password and #/;
    for (const url of [`http://u:${SECRET}@h/`, `http://${SECRET}@h/`, `http://h/#token=${SECRET}`]) {
      for (const kind of CONFIGURABLE_KINDS) expect(errorsOf({ kind, url })).toMatch(login);
      expect(errorsOf({ kind: "http", url: "http://h/", interrupt: { url } })).toMatch(login);
      const flag = readOptions(["--backend", "ollama", "--backend-url", url], {}, () => null);
      expect(flag.kind === "errors" && flag.errors.join()).toMatch(login);
    }
  });

  test("SEC-6b no error tells a secret, whatever is wrong with it", () => {
    const wrong: object[] = [
      { kind: "ollama", url: `http://u:${SECRET}@h/` },
      { kind: "ollama", url: `ftp://u:${SECRET}@h/` },
      { kind: "ollama", apiKey: 123_456_789 },
      { kind: "a1111", password: 123_456_789 },
      { kind: "a1111", password: "", username: 123_456_789 },
      { kind: "a1111", headers: { authorization: 123_456_789 } },
      { kind: "a1111", headers: SECRET },
      { kind: "ollama", apikey: SECRET },
      { kind: "ollama", apiKey: SECRET.repeat(100) },
    ];
    for (const one of wrong) {
      const said = errorsOf(one);
      expect(said).toMatch(new RegExp(`^${IN_FILE} › 0 › `));
      expect(said).not.toMatch(/hunter2|123_?456/);
    }
  });

  test("SEC-6b a header that cannot be sent is refused, or the call says so to every viewer without its value", async () => {
    const url = "http://127.0.0.1:9/";
    const unsendable: object[] = [
      { kind: "http", url, headers: { authorization: `Bearer ${SECRET}\nx` } },
      { kind: "http", url, headers: { authorization: `Bearer ${SECRET}\u0000` } },
      { kind: "http", url, headers: { authorization: `Bearer ${SECRET}…` } },
      { kind: "ollama", url, apiKey: `${SECRET}\nx` },
    ];
    for (const one of unsendable) {
      const parsed = v.safeParse(backendSchema, one);
      if (!parsed.success) {
        expect(errorsOf(one)).not.toContain(SECRET);
        continue;
      }
      const outcome = await createBackend(parsed.output, TIMINGS).unload("now", new AbortController().signal);
      expect(outcome).toMatchObject({ kind: "failed" });
      expect(JSON.stringify(outcome)).not.toContain(SECRET);
    }
  });
});
