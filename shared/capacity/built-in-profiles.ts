import type { Profile } from "./profile.ts";

const turbo = "field report, TurboDiffusion, one 48 GB card, 81 frames, 4 steps";
const cog =
  "field report, CogVideoX-2b, A10 24 GB, 16 frames, 50 steps; GB read as GiB, the larger of two readings";

/**
 * The profiles that come with the panel. Figures are single users' measurements: defaults until measured here.
 * Ordered from the lightest model family to the heaviest, so that a picker reads as a ladder.
 */
export const BUILT_IN_PROFILES: readonly Profile[] = [
  builtIn("wan2.1-1.3b-t2v-480p-quant", "Wan2.1 1.3B T2V 480p · quantized", 12_200, turbo),
  builtIn("wan2.1-1.3b-t2v-720p-quant", "Wan2.1 1.3B T2V 720p · quantized", 14_800, turbo),
  builtIn("cogvideox-2b-t2v-tuned", "CogVideoX-2b T2V · tuned", 13_732, `${cog} (13.41 GB)`),
  builtIn("cogvideox-2b-t2v", "CogVideoX-2b T2V · default", 15_248, `${cog} (14.89 GB)`),
  builtIn("wan2.1-14b-t2v-480p-quant", "Wan2.1 14B T2V 480p · quantized", 38_500, turbo),
  builtIn("wan2.1-14b-t2v-480p", "Wan2.1 14B T2V 480p", 41_200, turbo),
  builtIn(
    "wan2.2-i2v-a14b",
    "Wan2.2 A14B I2V · two models",
    39_500,
    "field report, TurboDiffusion, one 48 GB card; peak of the second hump, after the low-noise model has loaded",
  ),
];

function builtIn(id: string, label: string, peakMiB: number, source: string): Profile {
  return { id, label, peakMiB, basis: "published", source };
}
