import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { backendSchema, CONFIGURABLE_KINDS } from "../../../server/config/backend-options.ts";

const page = readFileSync(new URL("../../../docs/backends.md", import.meta.url), "utf8");
const toldFor = (key: string) => new RegExp(`\`${key}\` \\(([^)]+)\\)`).exec(page)?.[1]?.split(", ") ?? [];
const takes = (settings: object) =>
  CONFIGURABLE_KINDS.filter((kind) => {
    const given = {
      kind,
      url: "http://127.0.0.1:7000",
      ...(kind === "gradio" ? { apiName: "/unload" } : {}),
    };
    return v.is(backendSchema, { ...given, ...settings });
  });

test("docs/backends.md says which kinds take which log-in", () => {
  expect(toldFor("apiKey").sort()).toEqual(takes({ apiKey: "key" }).sort());
  expect(toldFor("password").sort()).toEqual(takes({ username: "me", password: "mine" }).sort());
});
