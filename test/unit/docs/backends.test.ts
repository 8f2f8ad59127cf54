import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { backendSchema, CONFIGURABLE_KINDS } from "../../../server/config/backend-options.ts";
import type { AdapterRow } from "../../../server/release/backends/adapter-row.ts";
import { ADAPTER_ROWS } from "../../../server/release/backends/rows.ts";
import { expectPrinted, markdownTable } from "../../helpers/printed.ts";

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

const COLUMNS: readonly (readonly [keyof AdapterRow, string])[] = [
  ["status", "asked for status"],
  ["busy", "busy by"],
  ["unload", "unload"],
  ["load", "load again"],
  ["cancel", "stop its job"],
  ["hold", "hold its queue"],
  ["touches", "asking touches"],
];

test("REL-9 docs/backends.md has what each adapter asks, as the adapters say it", () => {
  const rows = CONFIGURABLE_KINDS.map((kind) => [
    `\`${kind}\``,
    ...COLUMNS.map(([key]) => ADAPTER_ROWS[kind][key] ?? "–"),
  ]);
  const head = ["`--backend`", ...COLUMNS.map(([, name]) => name)];
  expectPrinted("docs/backends.md", "adapters", markdownTable(head, rows));
});
