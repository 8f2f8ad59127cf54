import { expect, test } from "vitest";
import { readOptions } from "../../../../server/config/read-options.ts";

const read = (file: object) =>
  readOptions([], {}, (path) => (path.endsWith(".json") ? JSON.stringify(file) : null));
const errorsOf = (file: object) => {
  const result = read(file);
  return result.kind === "errors" ? result.errors.join("\n") : "";
};

test("HLT-7 what is not set has its default; what is set takes its place, and false turns a rule off", () => {
  const result = read({ alerts: { "vram-red-line": { dangerPct: 97 }, "cpu-load": false } });
  if (result.kind !== "options") throw new Error("refused");
  expect(result.options.alerts["vram-red-line"]).toEqual({ dangerPct: 97, healthyPct: 94.7, seconds: 10 });
  expect(result.options.alerts["cpu-load"]).toBe(false);
  expect(result.options.alerts["low-utilization"]).toEqual({ dangerPct: 60, healthyPct: 75, seconds: 10 });
  expect(result.options.notify).toEqual([]);
});

test.each([
  [
    { alerts: { "no-such-rule": {} } },
    /alerts in gpu-panel.config.json › no-such-rule: there is no such setting/,
  ],
  [{ alerts: { leak: { jobs: 1 } } }, /› leak › jobs: at least 2/],
  [{ alerts: { leak: { job: 3 } } }, /› leak › job: there is no such setting/],
  [{ alerts: { leak: true } }, /› leak: expected/],
  [
    { alerts: { "vram-red-line": { dangerPct: 90, healthyPct: 95 } } },
    /› vram-red-line: healthyPct is to be below dangerPct/,
  ],
  [
    { alerts: { "low-utilization": { dangerPct: 80 } } },
    /› low-utilization: dangerPct is to be below healthyPct/,
  ],
  [{ notify: [{ kind: "pager", url: "https://a.example" }] }, /› 0 › kind: webhook, slack/],
])("HLT-7 %j is refused with its place", (file, expected) => {
  expect(errorsOf(file)).toMatch(expected);
});

test("HLT-7b HLT-9b neither address nor secret of a receiver is repeated in a complaint", () => {
  for (const notify of [
    [{ kind: "slack", url: "ftp://hooks.example/SECRET-KEY" }],
    [{ kind: "slack", url: "https://user:SECRET-KEY@hooks.example/" }],
    [{ kind: "feishu", url: "https://hooks.example/", secret: ["SECRET-KEY"] }],
    ["SECRET-KEY"],
  ]) {
    const text = errorsOf({ notify });
    expect(text).toMatch(/notify/);
    expect(text).not.toContain("SECRET-KEY");
  }
});
