import * as v from "valibot";
import { gpuDetailsSchema } from "../../shared/gpu/gpu.ts";
import { wireProfileSchema } from "../../shared/profiles/profile.ts";
import type { Changes } from "../../shared/protocol/events.ts";
import { type Json, patched } from "../../shared/protocol/json-diff.ts";
import { wireSampleSchema } from "../../shared/protocol/messages.ts";
import { promiseSchema, stateSchema } from "../../shared/protocol/state.ts";
import { detailRecordsOf, recordsOf, VIEW_PARTS, type View } from "../../shared/protocol/view.ts";

const { source, host, fits, runs, backends, found, release, handover, alerts, jobs } = stateSchema.entries;
const partsSchema = v.object({
  source: v.exactOptional(source),
  host: v.exactOptional(host),
  /** In the order of the GPUs, as `promises`. */
  details: v.exactOptional(v.array(gpuDetailsSchema)),
  promises: v.exactOptional(v.array(promiseSchema)),
  fits: v.exactOptional(fits),
  runs: v.exactOptional(runs),
  profiles: v.exactOptional(v.array(wireProfileSchema)),
  backends: v.exactOptional(backends),
  found: v.exactOptional(found),
  release: v.exactOptional(release),
  handover,
  alerts: v.exactOptional(alerts),
  jobs: v.exactOptional(jobs),
  title: v.exactOptional(wireSampleSchema),
});
/** Parts of the view that a turn has changed, each whole; for a hidden page the figures of its title. */
export type Parts = v.InferOutput<typeof partsSchema>;

/** The view after a turn, and the parts that changed; `null` where the differences make no sense. Pure. */
export function readChanges(before: View, changes: Changes): { view: View; parts: Parts } | null {
  const changed = VIEW_PARTS.filter((part) => changes[part] !== undefined);
  const view = { ...before };
  for (const part of changed) view[part] = patched(before[part], changes[part] ?? []) ?? null;
  const whole = Object.fromEntries(changed.flatMap((part) => wholePart(view, part)));
  if (changes.title !== undefined) whole.title = patched(null, changes.title) ?? null;
  const parsed = v.safeParse(partsSchema, whole);
  return parsed.success ? { view, parts: parsed.output } : null;
}

function wholePart(view: View, part: keyof View): [string, Json][] {
  if (part === "details" || part === "processMiB") return [["details", detailRecordsOf(view)]];
  return [[part, part === "promises" ? recordsOf(view.promises) : view[part]]];
}
