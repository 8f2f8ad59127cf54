import * as v from "valibot";
import { sourceSchema, stateSchema } from "./state.ts";

/** One of many hosts under one address. */
export const hostOfGroupSchema = v.object({
  /** What a turn's `host` names it by. */
  id: v.string(),
  name: v.string(),
  /** Where its own panel is found. */
  address: v.string(),
  /** As its source's; or nothing has been heard of it. */
  status: v.picklist([...sourceSchema.entries.status.options, "unreachable"]),
  /** Epoch milliseconds by the clock of the sidecar that tells it; `null`: never. */
  seenAt: v.nullable(v.number()),
  /** What it said last. */
  state: v.nullable(stateSchema),
});
export type HostOfGroup = v.InferOutput<typeof hostOfGroupSchema>;
