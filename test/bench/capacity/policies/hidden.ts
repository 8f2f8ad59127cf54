import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import type { Policy } from "../policy.ts";

/** The same policy on a machine that tells of no process: a container of its own. */
export function withoutProcesses(policy: Policy): Policy {
  // One list stays one list, as the sampler hands it on.
  const emptied = new WeakMap<readonly GpuProcess[], readonly GpuProcess[]>();
  const empty = (list: readonly GpuProcess[]) => {
    const known = emptied.get(list) ?? [];
    emptied.set(list, known);
    return known;
  };
  return {
    ...policy,
    sample: ({ tS, gpus }) =>
      policy.sample({
        tS,
        gpus: gpus.map((gpu) => ({
          ...gpu,
          processes: gpu.processes === null ? null : empty(gpu.processes),
        })),
      }),
  };
}
