import { CLEAR } from "../hold.ts";
import { AT_ONCE, type GpuRule } from "../rule.ts";

/** The driver says so in the place of every figure: nothing can use the GPU until then. */
export function gpuNeedsReset(): GpuRule {
  return {
    id: "gpu-needs-reset",
    timing: AT_ONCE,
    judge: ({ gpu }) =>
      gpu.needsReset === true ? { level: "danger", severity: "critical", params: { gpu: gpu.index } } : CLEAR,
  };
}
