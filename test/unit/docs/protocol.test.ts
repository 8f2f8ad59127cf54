import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PROBLEM_CODES } from "../../../shared/problems/codes.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/protocol.md");

test("docs/protocol.md tells of every event of the socket", () => {
  const events = [...read("shared/protocol/events.ts").matchAll(/^ {2}"?([a-z-]+)"?: \(/gm)].map(
    ([, name = ""]) => name,
  );
  expect(events.length).toBeGreaterThan(10);
  expect(events.filter((name) => !new RegExp(`\`${name}[\` ]`).test(page))).toEqual([]);
});

test("the problems that the documentation names are problems", () => {
  const codes: readonly string[] = PROBLEM_CODES;
  const named = ["protocol", "proxies", "security"].flatMap((name) =>
    [...read(`docs/${name}.md`).matchAll(/(?:\d{3}|code` is) `([a-z]+(?:-[a-z]+)+)`/g)].map(
      ([, code = ""]) => code,
    ),
  );
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((code) => !codes.includes(code))).toEqual([]);
});
