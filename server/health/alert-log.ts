import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { muteSchema, pastAlertSchema } from "../../shared/health/past-alert.ts";

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
}

/** Some 5,000 changes; then the file becomes `alerts.1.jsonl` and a new one is begun. */
const LARGEST_BYTES = 4 * 1024 * 1024;
const READ_LINES = 1000;

/** @param complain told once in words when the file cannot be written; alerts go on without it */
export function createAlertLog(folder: string, complain: (message: string) => void): AlertLog {
  const file = join(folder, "alerts.jsonl");
  const older = join(folder, "alerts.1.jsonl");
  const text = readText(file);
  const lines = [...readLines(readText(older)), ...readLines(text)].slice(-READ_LINES);
  /** A line that a kill cut in the middle must not spoil the next one. */
  let begin = text === "" || text.endsWith("\n") ? "" : "\n";
  let complained = false;
  return {
    lines: () => lines,
    append(line) {
      try {
        // For this user alone: it tells who was here.
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_BYTES) renameSync(file, older);
        appendFileSync(file, `${begin}${JSON.stringify(line)}\n`, { mode: 0o600 });
        begin = "";
      } catch (error) {
        // A full disk may have cut the line.
        begin = "\n";
        if (!complained) {
          const reason = error instanceof Error ? error.message : String(error);
          complain(`the alerts cannot be kept in ${file}: ${reason}. Choose a folder with --data-dir.`);
        }
        complained = true;
      }
    },
  };
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

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
