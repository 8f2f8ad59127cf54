import * as v from "valibot";
import { gpuSchema } from "../gpu/gpu.ts";
import { problemSchema } from "../problems/problem.ts";
import { wireProfileSchema } from "../profiles/profile.ts";
import type { HostOfGroup } from "./host-of-group.ts";
import type { Difference } from "./json-diff.ts";
import { stateSchema } from "./state.ts";

const cell = v.nullable(v.number());

export const historySchema = v.object({ columns: v.number(), data: v.array(cell) });

/** First message on every connection, and again whenever the GPUs of the machine change. */
export const helloSchema = v.object({
  protocol: v.number(),
  /** Names this run of the sidecar. Another one means: forget what you know. */
  bootId: v.string(),
  version: v.string(),
  /** Epoch milliseconds of `tMs` = 0. */
  epochMs: v.number(),
  /** `tMs` of this very message, so that a viewer whose clock is off knows the age of the last sample. */
  nowMs: v.number(),
  /** The newest sample this state is of; 0 before the first. */
  seq: v.number(),
  capabilities: v.object({
    /** May this viewer release? If not, why. */
    release: v.object({
      allowed: v.boolean(),
      problem: v.nullable(problemSchema),
      /** The only backend it may release, on the page of an app, which has no say in which backends there are. */
      own: v.exactOptional(v.string()),
    }),
  }),
  state: stateSchema,
  profiles: v.array(wireProfileSchema),
  /** Samples since the `lastSeq` of the handshake, or as far back as it asked for. */
  history: historySchema,
  /**
   * A group's, where this sidecar shows more than its own: their names, without their states (`GET /api/v1/group` has
   * those). A panel reads that there is a group, asks for its rows, and opens a host at its own address.
   */
  hosts: v.exactOptional(v.custom<HostOfGroup[]>(Array.isArray)),
});
export type Hello = v.InferOutput<typeof helloSchema>;

export const wireSampleSchema = v.array(cell);

/** A difference is checked as what it makes of the parts that it changes. */
export const changesSchema = v.custom<{ readonly [part: string]: Difference }>(
  (value) => typeof value === "object" && value !== null,
);
/** Answer to `resume`: the GPUs as they are now, and the history that was missed. */
export const resumedSchema = v.object({ seq: v.number(), gpus: v.array(gpuSchema), history: historySchema });
export type Resumed = v.InferOutput<typeof resumedSchema>;
