import * as v from "valibot";
import { expect, test } from "vitest";
import type { Action } from "../../../server/actions/define-action.ts";
import { ACTIONS } from "../../../server/actions/table.ts";
import { expectPrinted, markdownTable } from "../../helpers/printed.ts";

const objectSchema = v.object({ entries: v.record(v.string(), v.object({ type: v.string() })) });
const variantSchema = v.object({ options: v.array(objectSchema) });

/** The names that an object schema takes; those that may be left out with a `?`. */
function namesOf(schema: unknown): string[] {
  if (v.is(objectSchema, schema)) {
    return Object.entries(schema.entries).map(([name, { type }]) =>
      ["optional", "exact_optional", "nullish"].includes(type) ? `${name}?` : name,
    );
  }
  if (!v.is(variantSchema, schema)) return [];
  const each = schema.options.map(namesOf);
  const all = [...new Set(each.flat().map((name) => name.replace("?", "")))];
  return all.map((name) => (each.every((names) => names.includes(name)) ? name : `${name}?`));
}

const inBraces = (schema: unknown) => (schema === undefined ? "" : `{${namesOf(schema).join(", ")}}`);
/** Summary and docs as sentences of one cell. */
const whole = ({ summary, docs }: Action) => {
  const end = /[?.]$/.test(summary) ? "" : ".";
  return docs === "" ? summary : `${summary}${end} ${docs.charAt(0).toUpperCase()}${docs.slice(1)}`;
};

test("docs/protocol.md has every action by HTTP, as it is defined", () => {
  const rows = ACTIONS.flatMap((action) => {
    if (action.route === null) return [];
    const { method, describe } = action.route;
    const names = namesOf(describe.query).map((name) => name.replace("?", ""));
    const takes = names.length > 0 ? `?${names.join("&")}` : inBraces(describe.body);
    return [
      [
        `\`${method} ${describe.path.replace("{id}", "ID")}\``,
        action.may,
        takes && `\`${takes}\``,
        whole(action),
      ],
    ];
  });
  expect(rows.length).toBeGreaterThan(20);
  expectPrinted("docs/protocol.md", "requests", markdownTable(["request", "right", "takes", ""], rows));
});

test("docs/protocol.md has every event, as it is defined", () => {
  const rows = ACTIONS.flatMap((action) => {
    if (action.event === null) return [];
    const { name, schema } = action.event;
    const takes = schema === null ? "" : ` ${inBraces(schema)}`;
    const what =
      action.route === null
        ? whole(action)
        : `as \`${action.route.method} ${action.route.describe.path.replace("{id}", "ID")}\``;
    return [[`\`${name}${takes}\``, action.may, what]];
  });
  expectPrinted("docs/protocol.md", "events", markdownTable(["event", "right", "acknowledged with"], rows));
});

test("names, events and routes are each there once", () => {
  const twice = (all: readonly string[]) => all.filter((one, i) => all.indexOf(one) !== i);
  expect(twice(ACTIONS.map(({ name }) => name))).toEqual([]);
  expect(twice(ACTIONS.flatMap(({ event }) => event?.name ?? []))).toEqual([]);
  expect(
    twice(ACTIONS.flatMap(({ route }) => (route === null ? [] : `${route.method} ${route.path}`))),
  ).toEqual([]);
});
