import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";

const holderSchema = v.object({
  pid: v.number(),
  /** Name of the machine or container: a pid counts only there. */
  host: v.string(),
  /** `null`: mounted on a host's server. */
  url: v.nullable(v.string()),
});
/** The panel that uses a data folder, as it has noted itself. */
export type Holder = v.InferOutput<typeof holderSchema>;

/** The note may be old: it says something only while the folder is locked. */
export function readHolder(file: string): Holder | null {
  try {
    const parsed = v.safeParse(holderSchema, JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** Without the note others only do not know whom to name. */
export function writeHolder(file: string, holder: Holder): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  } catch {
    // A full disk; the stores say so themselves.
  }
}

export function removeHolder(file: string): void {
  rmSync(file, { force: true });
}
