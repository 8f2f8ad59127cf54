import { join } from "node:path";
import * as v from "valibot";
import { muteSchema, pastAlertSchema } from "../../shared/health/past-alert.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { createLineLog, type LineLog, lineLogWords } from "../data/line-log.ts";

/** An alert as the file holds it: besides, which GPU by UUID it is of, and whether anybody was told of it. */
export const loggedAlertSchema = v.object({
  ...pastAlertSchema.entries,
  /** UUID of the GPU; `null`: the host. */
  subject: v.nullable(v.string()),
  told: v.boolean(),
});
export type LoggedAlert = v.InferOutput<typeof loggedAlertSchema>;

const lineSchema = v.union([v.object({ alert: loggedAlertSchema }), v.object({ mute: muteSchema })]);
type Line = v.InferOutput<typeof lineSchema>;

/** Alerts and mutes of the past, one JSON line for each change, in `alerts.jsonl`. */
export interface AlertLog {
  /** Everything that the file tells, oldest first; the last line of an alert or a rule is how it stands. */
  lines(): readonly Line[];
  append(line: Line): void;
  log: Pick<LineLog, "retry" | "trouble">;
}

/** Some 5,000 changes; then the file becomes `alerts.1.jsonl` and a new one is begun. */
const LARGEST_BYTES = 4 * 1024 * 1024;
const READ_LINES = 1000;

/** @param complain told in words when the file cannot be written, and when it can again; alerts go on meanwhile */
export function createAlertLog(
  folder: string,
  complain: (message: string) => void,
  hold?: Pick<FolderHold, "mayWrite" | "onTaken">,
): AlertLog {
  const file = join(folder, "alerts.jsonl");
  const log = createLineLog({
    file,
    older: join(folder, "alerts.1.jsonl"),
    largestBytes: LARGEST_BYTES,
    onTrouble: (reason) => complain(lineLogWords("the record of alerts", file, reason)),
    ...(hold === undefined ? {} : { hold }),
  });
  const { newest, older } = log.text();
  const lines = [...readLines(older), ...readLines(newest)].slice(-READ_LINES);
  return { lines: () => lines, append: log.append, log };
}

/** What is no line of ours is passed over. */
function readLines(text: string): Line[] {
  return text
    .split("\n")
    .slice(-READ_LINES)
    .flatMap((line) => {
      try {
        const parsed = v.safeParse(lineSchema, JSON.parse(line));
        return parsed.success ? [parsed.output] : [];
      } catch {
        return [];
      }
    });
}
