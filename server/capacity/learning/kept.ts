import * as v from "valibot";
import type { CapacityState } from "../model.ts";

const figure = v.nullable(v.number());
const learnedSchema = v.object({
  family: v.nullable(v.string()),
  size: v.nullable(v.object({ width: v.number(), height: v.number(), frames: v.number() })),
  peaks: v.array(v.object({ mib: v.number(), reported: v.boolean() })),
  durationsMs: v.array(v.number()),
  raisedMiB: figure,
});
/** What was learned, as it is kept across restarts: plain data. */
export const keptLearnedSchema = v.object({
  classes: v.record(v.string(), learnedSchema),
  nearestRatios: v.array(v.number()),
  recentMs: v.array(v.number()),
});
export type KeptLearned = v.InferOutput<typeof keptLearnedSchema>;

export function keepLearned({ learned, nearestRatios, recentMs }: CapacityState): KeptLearned {
  const classes = [...learned].map(([key, { peaks, durationsMs, ...rest }]) => [
    key,
    { ...rest, peaks: [...peaks], durationsMs: [...durationsMs] },
  ]);
  return {
    classes: Object.fromEntries(classes),
    nearestRatios: [...nearestRatios],
    recentMs: [...recentMs],
  };
}

export function restoreLearned(state: CapacityState, kept: KeptLearned): CapacityState {
  const { classes, nearestRatios, recentMs } = kept;
  return { ...state, learned: new Map(Object.entries(classes)), nearestRatios, recentMs };
}
