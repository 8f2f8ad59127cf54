import { expect, test } from "vitest";
import { doctor } from "../../../../server/cli/doctor/doctor.ts";
import { fit } from "../../../../server/cli/fit.ts";
import { mcp } from "../../../../server/cli/mcp.ts";
import { COMMANDS } from "../../../../server/cli/names.ts";
import { COMMON_FLAGS, readFlags } from "../../../../server/cli/read-flags.ts";
import { release } from "../../../../server/cli/release.ts";
import { run } from "../../../../server/cli/run/run.ts";
import { status } from "../../../../server/cli/status.ts";
import { helpOf } from "../../../../server/cli/usage.ts";
import { languageOf, wordsIn } from "../../../../server/cli/words/words.ts";

const definitions = { mcp, run, status, fit, release, doctor };

test.each(COMMANDS)("CLI-4b %s explains each of its flags in both languages", (name) => {
  const definition = definitions[name];
  for (const language of ["en", "zh-CN"] as const) {
    const text = helpOf(definition, wordsIn(language));
    for (const { name: flag } of [...definition.flags, ...COMMON_FLAGS])
      expect(text).toMatch(new RegExp(`^ +--${flag}(?: \\S+)?  +\\S`, "m"));
  }
});

test.each([
  [undefined, { LANG: "zh_CN.UTF-8" }, "zh-CN"],
  [undefined, { LC_ALL: "C", LANG: "zh_CN.UTF-8" }, "en"],
  [undefined, { LC_MESSAGES: "zh_TW" }, "zh-CN"],
  ["en", { LANG: "zh_CN.UTF-8" }, "en"],
  ["zh-CN", {}, "zh-CN"],
])("CLI-4b the flag %j in the locale %j chooses the language", (flag, env, language) => {
  expect(languageOf(flag, env)).toBe(language);
});

test("CLI-4 what stands behind -- is the program's own, and a flag that is none is named", () => {
  const read = readFlags(run, ["--peak", "1GB", "--", "python", "--peak", "x"]);
  expect([read.values.peak, read.rest, read.errors]).toEqual(["1GB", ["python", "--peak", "x"], []]);
  expect(readFlags(run, ["--peek", "1"]).errors[0]).toMatch(/--peek/);
});
