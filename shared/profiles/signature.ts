import * as v from "valibot";

const whole = (most: number) => v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most)));
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** What a host knows of a job: the description under which its peaks are learned. `null`: the host does not know. */
export const signatureSchema = v.strictObject({
  /** `comfyui`, `gradio`, `a1111`, … */
  host: text,
  /** `t2v`, `i2v`, `image`, … */
  kind: v.optional(text, "job"),
  /** Files or names of its models. */
  models: v.optional(v.pipe(v.array(text), v.maxLength(20)), []),
  /** Pixels of one frame. */
  width: v.optional(whole(65_536), null),
  height: v.optional(whole(65_536), null),
  frames: v.optional(whole(1_000_000), null),
  batch: v.optional(whole(10_000), null),
  /** Costs time and no memory. */
  steps: v.optional(whole(100_000), null),
  /** What else changes its peak: precision, offloading, tiling. */
  options: v.optional(
    v.pipe(
      v.record(text, v.union([v.string(), v.number(), v.boolean()])),
      v.check((all) => Object.keys(all).length <= 40, "40 options at most"),
    ),
    {},
  ),
});
export type Signature = v.InferOutput<typeof signatureSchema>;
