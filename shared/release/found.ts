import * as v from "valibot";

/** A backend that was found on this machine and was not set up. Of its address only the port leaves the sidecar. */
export const foundSchema = v.object({
  id: v.string(),
  kind: v.string(),
  port: v.number(),
  /** Its process on a GPU, and which GPUs; `null`, none: the machine does not tell, or it holds no VRAM now. */
  pid: v.nullable(v.number()),
  gpus: v.array(v.number()),
  /** False: the program has no way to be asked to unload, until a hook is added to it. */
  adoptable: v.boolean(),
  /** The backend that it has become; `null`: it is only offered. */
  backend: v.nullable(v.string()),
});
export type Found = v.InferOutput<typeof foundSchema>;
