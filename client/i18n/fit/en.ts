import type { FitWords } from "./words.ts";

export const fitEn: FitWords = {
  title: "How to make room",
  missing: "{gib} GiB short.",
  never: "These GPUs are too small for it, even when nothing else runs.",
  release: "Release the idle models of {backends}: about {gib} GiB",
  restart: "Restart {backends}, whose releases give nothing back: about {gib} GiB",
  wait: "Wait for {job}: {gib} GiB in about {time}",
  waitUnknown: "Wait for {job}: {gib} GiB",
  tiling: "Turn VAE tiling on: about {gib} GiB (one report)",
  other: {
    quantize: "Quantized: {label}, {gib} GiB",
    resolution: "Smaller: {label}, {gib} GiB",
    frames: "Fewer frames: {label}, {gib} GiB",
    offload: "Offloaded to host memory: {label}, {gib} GiB",
    "more-gpus": "On more GPUs: {label}, {gib} GiB each",
    "lighter-model": "A lighter model: {label}, {gib} GiB",
  },
  enough: "enough",
  notEnough: "not enough by itself",
  choose: "Choose",
  nothing: "Nothing that is known here. Close other programs on the GPU.",
};
