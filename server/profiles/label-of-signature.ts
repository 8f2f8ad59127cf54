import type { Signature } from "../../shared/profiles/signature.ts";

/** Of "Wan2.1-T2V-1.3B" the ".3B" is no ending. */
const ENDING = /\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx|engine)$/i;

/** For people: model files without folder and ending, and the size. */
export function labelOfSignature({ kind, models, width, height, frames }: Signature): string {
  const names = models.map((name) => (name.split(/[\\/]/).at(-1) ?? name).replace(ENDING, ""));
  const size = width === null || height === null ? [] : [`${width}×${height}`];
  const length = frames === null || frames === 1 ? [] : [`${frames} frames`];
  return [names[0] ?? kind, ...size, ...length].join(" ").slice(0, 120);
}
