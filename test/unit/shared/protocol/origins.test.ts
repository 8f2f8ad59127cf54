import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  hostnameOf,
  isAllowedOrigin,
  isLoopbackHost,
  isOrigin,
} from "../../../../shared/protocol/origins.ts";
import { numRuns } from "../../../helpers/seeds.ts";

const loopback = fc.constantFrom("localhost", "127.0.0.1", "[::1]", "127.8.9.10", "app.localhost");
const scheme = fc.constantFrom("http", "https");
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null });
const origin = fc
  .tuple(scheme, loopback, port)
  .map(([protocol, host, n]) => `${protocol}://${host}${n === null ? "" : `:${n}`}`);

describe("an origin", () => {
  test("SEC-1 loopback origins of any port are allowed", () => {
    fc.assert(fc.property(origin, (text) => isAllowedOrigin(text, [])));
  });

  test("SEC-1b with anything but scheme, host and port it is none, wherever the rest stands", () => {
    const rest = fc
      .tuple(
        fc.constantFrom("/", "?", "#", "\\", "@", ";", ",", " ", "\t", "%", "\0", "é", "*"),
        fc.string({ maxLength: 5 }),
      )
      .map((parts) => parts.join(""));
    const place = fc.constantFrom("behind", "before the end", "before the host");
    fc.assert(
      fc.property(origin, rest, place, (text, more, where) => {
        const dressed =
          where === "behind"
            ? `${text}${more}`
            : where === "before the end"
              ? text.replace("://", `://evil.example${more}.`)
              : text.replace("://", `://evil.example${more}`);
        for (const allowed of [[], ["*"], ["https://webui.example"]]) {
          expect(isAllowedOrigin(dressed, allowed)).toBe(false);
        }
        expect(isOrigin(dressed)).toBe(false);
      }),
    );
  });

  test("SEC-1b an allowed one, as a URL parser reads it, is a loopback host or the very one that is named", () => {
    const pieces = fc.constantFrom(
      "http://",
      "https://",
      "localhost",
      ".",
      ":",
      "80",
      "@",
      "?",
      "#",
      "/",
      "\\",
      "evil.example",
      "127.0.0.1",
      "[::1]",
      "%2e",
      "\t",
      "//",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        if (!isAllowedOrigin(text, []) || !URL.canParse(text)) return;
        const url = new URL(text);
        expect(isLoopbackHost(url.hostname)).toBe(true);
        expect([url.pathname, url.search, url.hash, url.username]).toEqual(["/", "", "", ""]);
      }),
      { numRuns: numRuns(5000) },
    );
  });

  test("SEC-1b these were taken for loopback or might be", () => {
    for (const text of [
      "http://evil.example?.localhost",
      "http://evil.example#.localhost",
      "http://evil.example\\.localhost",
      "http://evil.example/.localhost",
      "http://evil.example%2f.localhost",
      "http://localhost.evil.example",
      "http://127.0.0.1.evil.example",
      "http://localhost@evil.example",
      "http://127.0.0.999",
      "ftp://localhost",
      "localhost",
      "//localhost",
      "http://",
      "null",
      "",
    ]) {
      expect(isAllowedOrigin(text, []), text).toBe(false);
    }
    // Not even where everybody is allowed: a page without an origin cannot be told from another.
    expect(isAllowedOrigin("null", ["*"])).toBe(false);
    expect(isAllowedOrigin("https://any.example", ["*"])).toBe(true);
  });
});

test("SEC-2 a host name is read from host and port alone", () => {
  expect([hostnameOf("LocalHost:7870"), hostnameOf("[::1]:1"), hostnameOf("a.b")]).toEqual([
    "localhost",
    "[::1]",
    "a.b",
  ]);
  for (const text of ["", "a b", "a@b", "a/b", "a?b", "a:b", "a:123456", "[::1", "a:", "é"])
    expect(hostnameOf(text)).toBeNull();
});
