import * as v from "valibot";
import type { Fit } from "../../../shared/capacity/fit.ts";
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
  /** What only the present state tells (its words, its bar) is not in it. */
  perGpu: v.array(v.omit(gpuCapacitySchema, ["explanation", "useful", "bar", "unifiedMemory"])),
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
}) satisfies v.GenericSchema<Fit>;
