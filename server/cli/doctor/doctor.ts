import * as v from "valibot";
import { defineCommand, nothingElse } from "../define-command.ts";
import { NO, YES } from "../exit-codes.ts";
import { checkDriver, checkFolder, checkNode, checkSqlite } from "./machine.ts";
import { checkPanel } from "./panel.ts";

export const doctor = defineCommand({
  name: "doctor",
  flags: [],
  schema: v.object({ rest: nothingElse }),
  async run(_, context) {
    const { words, print, isJson } = context;
    const [driver, panel] = await Promise.all([checkDriver(context), checkPanel(context)]);
    const checks = [checkNode(context), ...driver, checkSqlite(context), checkFolder(context), ...panel];
    const isFine = checks.every(({ mark }) => mark !== "problem");
    if (isJson) print(JSON.stringify({ ok: isFine, checks }));
    else {
      for (const { mark, message, advice } of checks) {
        print(`${words.doctor.marks[mark]}${message}`);
        if (advice !== null && advice !== "") print(`        → ${advice}`);
      }
      if (checks.every(({ mark }) => mark === "ok")) print(words.doctor.fine);
    }
    return isFine ? YES : NO;
  },
});
