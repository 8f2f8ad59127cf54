import * as v from "valibot";
import { problemSchema } from "../problems/problem.ts";
import { hostOfGroupSchema } from "./host-of-group.ts";

/** Every host that a sidecar shows, as `GET /api/v1/group` answers. */
export const groupViewSchema = v.object({
  /** Its name; `null`: this sidecar shows itself alone. */
  group: v.nullable(v.string()),
  /** Why the others cannot be heard, or `null`. */
  problem: v.nullable(problemSchema),
  /** This one first, where it has GPUs; then the others by name. */
  hosts: v.array(hostOfGroupSchema),
});
export type GroupView = v.InferOutput<typeof groupViewSchema>;
