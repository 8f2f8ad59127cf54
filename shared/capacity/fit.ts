import * as v from "valibot";
import type { Prediction } from "../profiles/predict-profile.ts";
import { basisSchema } from "../profiles/profile.ts";

/** What VAE tiling saves: one field report, CogVideoX-2b on an A10 (−2.1 GB, read as the smaller of GB and GiB). */
export const VAE_TILING_MIB = 2002;

const enough = v.boolean();
const gainMiB = v.number();
/** Other settings, or another model: a profile with its own peak. */
export const OTHER_KINDS = [
  "quantize",
  "resolution",
  "frames",
  "offload",
  "more-gpus",
  "lighter-model",
] as const;

/** A way to make a job fit, with the figure it rests on. MiB are per GPU. */
export const fitOptionSchema = v.variant("kind", [
  /** Idle backends give their models back: an estimate. */
  v.object({ kind: v.literal("release"), backends: v.array(v.string()), gainMiB, enough }),
  /** Idle backends that were asked to release in vain are started anew: what their processes hold. */
  v.object({ kind: v.literal("restart"), backends: v.array(v.string()), gainMiB, enough }),
  /** A declared job ends; `secondsLeft` by how long such jobs take, `null` where that is not known. */
  v.object({
    kind: v.literal("wait"),
    job: v.string(),
    label: v.string(),
    secondsLeft: v.nullable(v.number()),
    gainMiB,
    enough,
  }),
  v.object({
    kind: v.picklist(OTHER_KINDS),
    profile: v.string(),
    label: v.string(),
    peakMiB: v.number(),
    basis: basisSchema,
    enough,
  }),
  /** The decoder works in tiles: what one report saved. */
  v.object({ kind: v.literal("vae-tiling"), gainMiB, enough }),
]);
export type FitOption = v.InferOutput<typeof fitOptionSchema>;

/** What would make a job fit that does not. */
export const fitAdviceSchema = v.object({
  /** What is missing on the GPU that misses least (for a job on k GPUs: on the k-th best); 0 when it fits. */
  missingMiB: v.nullable(v.number()),
  /** It would not fit on these GPUs even if nothing else were on them. */
  never: v.boolean(),
  /** In order of least harm. Empty when it fits. */
  options: v.array(fitOptionSchema),
});
export type FitAdvice = v.InferOutput<typeof fitAdviceSchema>;

/** `fit` on the socket: the id of a profile. */
export const fitRequestSchema = v.strictObject({
  profile: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
});
export type FitRequest = v.InferOutput<typeof fitRequestSchema>;

/** Where a figure was predicted from those of other sizes: from which, and how. */
export const predictionSchema = v.object({
  from: v.array(v.string()),
  how: v.picklist(["seen", "interpolated", "extrapolated"]),
}) satisfies v.GenericSchema<Prediction>;

/** Languages in which the API says how it reckons. */
export const FIT_LANGUAGES = ["en", "zh-CN"] as const;
export type FitLanguage = (typeof FIT_LANGUAGES)[number];
