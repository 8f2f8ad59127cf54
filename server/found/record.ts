import * as v from "valibot";
import type { FolderHold } from "../data/folder-hold.ts";
import { createKeptFile, type KeptFile } from "../data/kept-file.ts";
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
export type FoundStore = KeptFile<FoundRecord>;

export const isSamePlace = (one: Place) => (other: Place) =>
  one.kind === other.kind && one.port === other.port;

export function createFoundStore(
  file: string,
  hold: Pick<FolderHold, "mayWrite" | "onTaken">,
  complain: (message: string) => void,
): FoundStore {
  const what = "which backends were found";
  const kept = createKeptFile({
    ...{ file, hold, complain, what, schema: recordSchema, empty: { adopted: [], dismissed: [] } },
  });
  return {
    read: kept.read,
    write: ({ adopted, dismissed }) =>
      kept.write({ adopted: adopted.slice(-MOST), dismissed: dismissed.slice(-MOST) }),
  };
}
