import * as v from "valibot";
import type { ExplainedFit } from "../../../shared/capacity/fit.ts";
import { basisSchema } from "../../../shared/capacity/profile.ts";
import { gpuCapacitySchema } from "../../../shared/protocol/state.ts";

const figure = v.nullable(v.number());
const enough = v.boolean();
const gainMiB = v.number();

/** Answer of `GET /api/v1/fit`. */
export const fitSchema = v.object({
  profile: v.string(),
  fits: v.nullable(v.boolean()),
  canStart: figure,
  missingMiB: figure,
  never: v.boolean(),
  /** `explanation` is in the language of `lang`. */
  perGpu: v.array(gpuCapacitySchema),
  /** Peak of one such job on each of its GPUs, and where it is from. */
  peakMiB: v.number(),
  /** How far one such job may lie above that: admission reserves both, as far as a GPU without jobs has room for it. */
  uncertaintyMiB: v.number(),
  source: v.string(),
  /** There where the profile was predicted from those of other sizes. */
  predicted: v.exactOptional(
    v.object({ from: v.array(v.string()), how: v.picklist(["seen", "interpolated", "extrapolated"]) }),
  ),
  options: v.array(
    v.variant("kind", [
      v.object({ kind: v.literal("release"), backends: v.array(v.string()), gainMiB, enough }),
      v.object({
        kind: v.literal("wait"),
        job: v.string(),
        label: v.string(),
        secondsLeft: figure,
        gainMiB,
        enough,
      }),
      v.object({
        kind: v.picklist(["quantize", "resolution", "frames", "offload", "more-gpus", "lighter-model"]),
        profile: v.string(),
        label: v.string(),
        peakMiB: v.number(),
        basis: basisSchema,
        enough,
      }),
      v.object({ kind: v.literal("vae-tiling"), gainMiB, enough }),
    ]),
  ),
}) satisfies v.GenericSchema<ExplainedFit>;
