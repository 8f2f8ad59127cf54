import * as v from "valibot";
import type { CapacityState, Learned } from "../capacity/model.ts";

/** What outlives the sidecar: everything that ended jobs have taught. */
export type LearnedState = Pick<CapacityState, "learned" | "nearestRatios" | "recentMs">;

const Mib = v.pipe(v.number(), v.finite(), v.minValue(0));
const Ms = v.pipe(v.number(), v.finite(), v.minValue(0));
const Size = v.object({ width: Mib, height: Mib, frames: Mib });
const Kept = v.object({
  key: v.string(),
  family: v.nullable(v.string()),
  size: v.nullable(Size),
  peaks: v.array(v.object({ mib: Mib, reported: v.boolean() })),
  durationsMs: v.array(Ms),
  leastMiB: v.optional(v.nullable(Mib), null),
  raisedMiB: v.nullable(Mib),
});
const List = v.object({
  classes: v.array(v.unknown()),
  nearestRatios: v.fallback(v.array(Mib), []),
  recentMs: v.fallback(v.array(Ms), []),
});

/** As plain JSON. */
export function keepLearned({ learned, nearestRatios, recentMs }: LearnedState) {
  const classes = [...learned].map(([key, one]) => ({ key, ...one }));
  return { classes, nearestRatios: [...nearestRatios], recentMs: [...recentMs] };
}

/** Takes back what can be read of it: one class that cannot costs no other. */
export function restoreLearned(json: unknown): LearnedState {
  const list = v.safeParse(List, json);
  if (!list.success) return { learned: new Map(), nearestRatios: [], recentMs: [] };
  const { classes, nearestRatios, recentMs } = list.output;
  const learned = new Map<string, Learned>();
  for (const one of classes) {
    const kept = v.safeParse(Kept, one);
    if (!kept.success) continue;
    const { key, ...rest } = kept.output;
    learned.set(key, rest);
  }
  return { learned, nearestRatios, recentMs };
}
