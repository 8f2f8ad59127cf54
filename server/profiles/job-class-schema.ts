import * as v from "valibot";
import type { JobClass } from "../capacity/model.ts";

const figure = v.nullable(v.number());
/** A job class as it is kept. */
export const jobClassSchema = v.object({
  key: v.string(),
  family: v.nullable(v.string()),
  size: v.nullable(v.object({ width: v.number(), height: v.number(), frames: v.number() })),
  publishedMiB: figure,
  configuredMiB: figure,
  seconds: figure,
}) satisfies v.GenericSchema<unknown, JobClass>;
