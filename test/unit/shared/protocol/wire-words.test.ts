import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parseHostMessage } from "../../../../shared/protocol/host-messages.ts";
import { isAllowedOrigin, isLoopbackHost } from "../../../../shared/protocol/origins.ts";
import {
  describeIssues,
  handshakeSchema,
  releaseBodySchema,
  releaseRequestSchema,
  resumeRequestSchema,
} from "../../../../shared/protocol/requests.ts";

/** What is said of an input that the schema does not take. */
function complaint(schema: v.GenericSchema, input: unknown): string {
  const parsed = v.safeParse(schema, input);
  return parsed.success ? "taken" : describeIssues(parsed.issues);
}

describe("requests", () => {
  test("WIRE-6 what is wrong is said with its place, in one line, at most three of them", () => {
    expect(complaint(releaseBodySchema, { mode: "later" })).toMatch(/^mode: .*"later"/);
    expect(complaint(releaseBodySchema, { gpu: -1 })).toMatch(/^gpu: /);
    expect(complaint(releaseBodySchema, { gpus: 1 })).toMatch(/gpus/);
    expect(complaint(resumeRequestSchema, {})).toMatch(/^sinceSeq: /);
    expect(complaint(resumeRequestSchema, 5)).not.toMatch(/^: |undefined/);
    expect(complaint(handshakeSchema, { protocol: "1" })).toMatch(/^protocol: /);
    expect(complaint(releaseRequestSchema, { a: 1, b: 2, c: 3, d: 4 }).split("; ")).toHaveLength(3);
  });

  test("WIRE-6 anything at all is taken or complained of in words", () => {
    const schemas = [handshakeSchema, releaseBodySchema, releaseRequestSchema, resumeRequestSchema];
    fc.assert(
      fc.property(fc.constantFrom(...schemas), fc.jsonValue(), (schema, input) => {
        expect(complaint(schema, input)).toMatch(/\S/);
      }),
    );
  });

  test("WIRE-1 WIRE-6 a handshake may say little; numbers that are none of a sample are refused", () => {
    expect(v.parse(handshakeSchema, { protocol: 1 })).toEqual({
      protocol: 1,
      historyMs: 900_000,
      watch: true,
    });
    for (const lastSeq of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "3"]) {
      expect(complaint(handshakeSchema, { protocol: 1, lastSeq })).toMatch(/^lastSeq: /);
    }
    expect(complaint(handshakeSchema, { protocol: 1, historyMs: 900_001 })).toMatch(/^historyMs: /);
  });
});

describe("origins", () => {
  test("SEC-1 EMB-2 loopback origins of any port, those that are named, and no other", () => {
    for (const origin of [
      "http://localhost",
      "https://localhost:8443",
      "http://127.0.0.1:3000",
      "http://[::1]:1",
      "http://webui.localhost:80",
    ]) {
      expect(isAllowedOrigin(origin, [])).toBe(true);
    }
    for (const origin of [
      "",
      "null",
      "file://",
      "localhost",
      "ftp://localhost",
      "http://localhost.example",
      "http://notlocalhost",
      "http://127.0.0.1.example",
      "http://1270.0.0.1",
      "http://localhost:80@evil.example",
      "http://[::2]",
      "chrome-extension://localhost",
      "http://localhost/path",
    ]) {
      expect(isAllowedOrigin(origin, ["https://webui.example"])).toBe(false);
    }
    expect(isAllowedOrigin("https://webui.example", ["https://webui.example"])).toBe(true);
    for (const near of [
      "http://webui.example",
      "https://webui.example:444",
      "https://a.webui.example",
      "https://webui.example.evil",
    ]) {
      expect(isAllowedOrigin(near, ["https://webui.example"])).toBe(false);
    }
    expect(isAllowedOrigin("https://anything.example", ["*"])).toBe(true);
  });

  test("SEC-2 no address of a network is this machine", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isLoopbackHost(address)).toBe(address.startsWith("127."));
      }),
    );
    expect(["0.0.0.0", "[::]", "::1", "", "localhost.", "mylocalhost"].filter(isLoopbackHost)).toEqual([]);
  });
});

test("EMB-2 of all that a page may send, only a known theme or language is a message", () => {
  expect(parseHostMessage({ type: "gpu-status-panel:theme", theme: "dark", more: 1 })).toEqual({
    type: "gpu-status-panel:theme",
    theme: "dark",
  });
  expect(parseHostMessage({ type: "gpu-status-panel:lang", lang: "zh-CN" })).toEqual({
    type: "gpu-status-panel:lang",
    lang: "zh-CN",
  });
  fc.assert(
    fc.property(
      fc.anything(),
      fc.constantFrom("gpu-status-panel:theme", "gpu-status-panel:lang"),
      fc.string(),
      (data, type, word) => {
        expect(parseHostMessage(data)).toBeNull();
        const known = ["auto", "light", "dark", "en", "zh-CN"].includes(word);
        if (!known) expect(parseHostMessage({ type, theme: word, lang: word })).toBeNull();
      },
    ),
  );
});
