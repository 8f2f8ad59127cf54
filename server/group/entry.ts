import { createHmac, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import { gpuSchema } from "../../shared/gpu/gpu.ts";
import { changesSchema, wireSampleSchema } from "../../shared/protocol/messages.ts";

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const head = {
  v: v.literal(1),
  host: v.pipe(v.string(), v.regex(/^[\w.-]{1,80}$/)),
  /** Names this run of its sidecar, and when that began, epoch ms. A later run stands in place of an earlier one. */
  boot: text(64),
  bootAt: v.number(),
  /** Counts the turns that this run has published, from 1. Of a whole entry: it is as after this turn. */
  n: count,
  /** When it was published, epoch ms by its own clock. */
  at: v.number(),
};

/** Everything of a host, from which the turns after it go on. It is kept under a key of the host, and is no turn. */
export const wholeSchema = v.object({
  ...head,
  kind: v.literal("whole"),
  name: text(80),
  /** Where its own panel is found, `https://` where it speaks TLS; empty where it does not know. */
  address: v.pipe(v.string(), v.maxLength(300), v.regex(/^(?:https?:\/\/.+)?$/)),
  gpus: v.pipe(v.array(gpuSchema), v.maxLength(64)),
  /** Parts of the view as `shared/protocol/view.ts` has them, without the profiles; and `capacity` as in the state. */
  parts: v.record(v.string(), v.unknown()),
});
export type Whole = v.InferOutput<typeof wholeSchema>;

/** A turn as viewers of that host got it: the sample, and what changed since the last one. */
export const turnSchema = v.object({
  ...head,
  kind: v.literal("turn"),
  sample: v.nullable(v.pipe(wireSampleSchema, v.maxLength(400))),
  changes: v.exactOptional(changesSchema),
});
export type TurnEntry = v.InferOutput<typeof turnSchema>;

const entrySchema = v.variant("kind", [wholeSchema, turnSchema]);
export type Entry = v.InferOutput<typeof entrySchema>;

/** As it lies in Redis. */
export interface SealedEntry {
  /** The entry as JSON. */
  body: string;
  /** HMAC-SHA-256 of it by the group's secret, in hex; empty in a group without one. */
  mac: string;
}

/** What is larger is none of ours: 64 GPUs with all that is known of them take a tenth. */
const LARGEST = 1024 * 1024;

/** @param secret `null`: the group has none, and whoever can write into its Redis is believed */
export function seal(entry: Entry, group: string, secret: string | null): SealedEntry {
  const body = JSON.stringify(entry);
  return { body, mac: secret === null ? "" : macOf(body, group, secret) };
}

/** The entry; `null`: it is unsigned, forged, or none at all. Pure. */
export function unseal({ body, mac }: SealedEntry, group: string, secret: string | null): Entry | null {
  if (body.length > LARGEST) return null;
  if (secret !== null && !isRight(mac, macOf(body, group, secret))) return null;
  try {
    const parsed = v.safeParse(entrySchema, JSON.parse(body));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** Bound to the group: two groups with one secret do not mix. */
function macOf(body: string, group: string, secret: string): string {
  return createHmac("sha256", secret).update(`group entry\n${group}\n${body}`).digest("hex");
}

function isRight(given: string, right: string): boolean {
  return /^[\da-f]{64}$/.test(given) && timingSafeEqual(Buffer.from(given, "hex"), Buffer.from(right, "hex"));
}
