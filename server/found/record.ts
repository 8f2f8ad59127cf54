import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import type { FolderHold } from "../data/folder-hold.ts";
import { type FindableKind, USUAL_PORTS } from "./kinds.ts";

const KINDS = Object.keys(USUAL_PORTS) as [FindableKind, ...FindableKind[]];
const placeSchema = v.object({
  kind: v.picklist(KINDS),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});
/** What listens where on this machine. */
export type Place = v.InferOutput<typeof placeSchema>;

const MOST = 64;
const places = v.pipe(v.array(placeSchema), v.maxLength(MOST));
const recordSchema = v.object({ adopted: places, dismissed: places });
/** What was decided on what was found. */
export type FoundRecord = v.InferOutput<typeof recordSchema>;

/** `backends.json`: what was decided on what was found, over restarts. */
export interface FoundStore {
  read(): FoundRecord;
  write(record: FoundRecord): void;
}

export const isSamePlace = (one: Place) => (other: Place) =>
  one.kind === other.kind && one.port === other.port;

export function createFoundStore(
  file: string,
  hold: Pick<FolderHold, "mayWrite">,
  complain: (message: string) => void,
): FoundStore {
  return {
    read() {
      try {
        const parsed = v.safeParse(recordSchema, JSON.parse(readFileSync(file, "utf8")));
        return parsed.success ? parsed.output : { adopted: [], dismissed: [] };
      } catch {
        return { adopted: [], dismissed: [] };
      }
    },
    write({ adopted, dismissed }) {
      if (!hold.mayWrite()) return;
      const record = { adopted: adopted.slice(-MOST), dismissed: dismissed.slice(-MOST) };
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch (error) {
        complain(
          `which backends were found is not kept: ${error instanceof Error ? error.message : "unknown error"}`,
        );
      }
    },
  };
}
