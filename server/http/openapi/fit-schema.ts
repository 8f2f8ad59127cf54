import * as v from "valibot";
import { fitAdviceSchema, predictionSchema } from "../../../shared/capacity/fit.ts";
import { hostOfGroupSchema } from "../../../shared/protocol/host-of-group.ts";
import { gpuCapacitySchema } from "../../../shared/protocol/state.ts";

const figure = v.nullable(v.number());

/** Answer of `GET /api/v1/fit`. */
export const fitSchema = v.object({
  profile: v.string(),
  fits: v.nullable(v.boolean()),
  /** How many such jobs would be let in one after the other: in idle residents first, one each, then beside. */
  canStart: figure,
  ...fitAdviceSchema.entries,
  /** `explanation` is in the language of `lang`. */
  perGpu: v.array(gpuCapacitySchema),
  /** Peak of one such job on each of its GPUs, and where it is from. */
  peakMiB: v.number(),
  /** Whether that was measured here, configured, published, predicted from other sizes, or is not known. */
  basis: v.picklist(["measured", "configured", "published", "nearest", "nothing"]),
  /** Least VRAM with which such a job is known to run here. */
  leastMiB: v.nullable(v.number()),
  /** How far one such job may lie above that: admission reserves both, as far as a GPU without jobs has room for it. */
  uncertaintyMiB: v.number(),
  source: v.string(),
  /** With `intent=start` and room: what holds it for 15 s, until the same asker's `POST /api/v1/jobs`. */
  ticket: v.nullable(v.string()),
  /** There where the profile was predicted from those of other sizes. */
  predicted: v.exactOptional(predictionSchema),
});
export type FitAnswer = v.InferOutput<typeof fitSchema>;

const whereSchema = v.pick(hostOfGroupSchema, ["id", "name", "address"]);
/** The same over all hosts of a group: the answer of the best, and what each says. */
export const groupFitSchema = v.object({
  ...fitSchema.entries,
  /** Whose answer this is; there with `anywhere=true`, as `hosts`. */
  host: v.exactOptional(whereSchema),
  hosts: v.exactOptional(
    v.array(
      v.object({
        ...whereSchema.entries,
        fits: fitSchema.entries.fits,
        canStart: fitSchema.entries.canStart,
      }),
    ),
  ),
});
