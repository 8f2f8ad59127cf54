import * as v from "valibot";

/** Where a profile's figures come from. */
export const basisSchema = v.picklist(["measured", "configured", "published"]);
export type Basis = v.InferOutput<typeof basisSchema>;

const optional = <const S extends v.GenericSchema>(schema: S) => v.optional(v.nullable(schema), null);
const mib = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000_000));
const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(80));

/** One kind of job and what it needs. A figure is nothing without the settings it was measured with. */
export const profileSchema = v.object({
  /** Stable id, as `?model=` and the API take it. */
  id: v.pipe(v.string(), v.regex(/^[\w.-]{1,80}$/, "an id is letters, digits, dots, dashes and underscores")),
  /** For people: model, task, resolution. */
  label: v.pipe(v.string(), v.minLength(1), v.maxLength(120)),
  model: optional(shortText),
  /** `t2v`, `i2v`, … */
  task: optional(shortText),
  /** Pixels of one frame. */
  width: optional(v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(16_384))),
  height: optional(v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(16_384))),
  frames: optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000))),
  steps: optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000))),
  /** `bf16`, `quant_linear`, `fp8`, … */
  quant: optional(shortText),
  /** What is offloaded to host memory: `offload_model`, `t5_cpu`, … */
  offload: optional(shortText),
  /** GPUs that one such job needs at the same time (sequence parallel, FSDP). */
  gpus: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 1),
  /** Peak VRAM of one such job on each of its GPUs, MiB, CUDA context included. */
  peakMiB: mib,
  /** Of that, weights: a backend that has them loaded needs only the rest for one more job. `null`: not known. */
  weightsMiB: optional(mib),
  /** How long one such job takes. */
  seconds: optional(v.pipe(v.number(), v.minValue(0))),
  /** Its phases in order: VRAM held in each, and its share of the duration (together 1). */
  phases: v.optional(
    v.array(v.object({ name: shortText, mib, share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) })),
    [],
  ),
  basis: basisSchema,
  /** Which measurement or publication the peak is from. */
  source: v.string(),
  /** How far the truth may lie above `peakMiB`: it widens the reserve. */
  uncertaintyMiB: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** Jobs of this kind that were seen here. */
  seen: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** Peak or uncertainty was raised because a job here took or wanted more, perhaps one that nobody declared. */
  raised: v.optional(v.boolean(), false),
  /** Of a configured figure: by what share jobs here took more (or less) of late; `null`: nothing worth saying. */
  drift: v.optional(v.nullable(v.number()), null),
});
export type Profile = v.InferOutput<typeof profileSchema>;

const text = v.nullable(v.string());
const figure = v.nullable(v.number());
/** A profile as it travels: the sidecar has checked its bounds, so that a panel need not carry those checks. */
export const wireProfileSchema = v.object({
  id: v.string(),
  label: v.string(),
  model: text,
  task: text,
  width: figure,
  height: figure,
  frames: figure,
  steps: figure,
  quant: text,
  offload: text,
  gpus: v.number(),
  peakMiB: v.number(),
  weightsMiB: figure,
  seconds: figure,
  phases: v.array(v.object({ name: v.string(), mib: v.number(), share: v.number() })),
  basis: basisSchema,
  source: v.string(),
  uncertaintyMiB: v.number(),
  seen: v.number(),
  /** A sidecar of before says nothing of it. */
  raised: v.boolean(),
  drift: figure,
}) satisfies v.GenericSchema<Profile, Profile>;
