import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Capacity } from "./concurrency/use-capacity.ts";

/** What every view shows. */
export interface ViewProps {
  /** The GPUs to show, each with its position in the sidecar's list. */
  gpus: readonly { gpu: Gpu; position: number }[];
  capacity: Capacity | null;
  /** How many GPUs were shown here last; 0 where nobody remembers. */
  expected: number;
}
