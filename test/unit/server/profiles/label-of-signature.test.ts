import { describe, expect, it } from "vitest";
import { labelOfSignature } from "../../../../server/profiles/label-of-signature.ts";

const signature = { host: "gradio", kind: "t2v", width: 832, height: 480, frames: 81, batch: null };
const labelOf = (model: string) =>
  labelOfSignature({ ...signature, models: [model], steps: null, options: {} });

describe("the label of a job by its signature", () => {
  it.each([
    ["video/Wan2.1_t2v_14B_fp8.safetensors", "Wan2.1_t2v_14B_fp8"],
    ["C:\\models\\ltx-2b-v0.9.5.GGUF", "ltx-2b-v0.9.5"],
    ["Wan-AI/Wan2.1-T2V-1.3B", "Wan2.1-T2V-1.3B"],
    ["model_v1.25", "model_v1.25"],
  ])("names %s as %s: a version or a size is no ending", (model, name) => {
    expect(labelOf(model)).toBe(`${name} 832×480 81 frames`);
  });
});
