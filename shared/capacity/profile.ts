import * as v from "valibot";

/** Where a profile's figures come from. */
export const basisSchema = v.picklist(["measured", "configured", "published"]);
export type Basis = v.InferOutput<typeof basisSchema>;

/** One kind of job and what it needs. */
export const profileSchema = v.object({
  /** Stable id, as `?model=` and the API take it. */
  id: v.pipe(v.string(), v.regex(/^[\w.-]{1,80}$/, "an id is letters, digits, dots, dashes and underscores")),
  /** For people: model, task, resolution. */
  label: v.pipe(v.string(), v.minLength(1), v.maxLength(120)),
  /** Peak VRAM of one such job on one GPU, MiB. */
  peakMiB: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000_000)),
  basis: basisSchema,
  /** Which measurement or publication the peak is from. */
  source: v.string(),
});
export type Profile = v.InferOutput<typeof profileSchema>;
