import * as v from "valibot";
import { type Profile, profileSchema } from "../../shared/profiles/profile.ts";

const TURBO = "field report, TurboDiffusion, one 48 GB card";
const COG = "field report, CogVideoX-2b, A10 24 GB";
const WAN = "Wan-Video/Wan2.1 README, table of computational efficiency";
const COG_README = "THUDM/CogVideo README, model table";
/** Publications say “GB” and not which: read as GiB, the larger of the two. */
const asGib = (published: string) => Math.ceil(Number.parseFloat(published) * 1024);

const p480 = { width: 832, height: 480, frames: 81 };
const p720 = { width: 1280, height: 720, frames: 81 };
const wan14 = { model: "Wan2.1-14B", quant: "bf16", ...p720 };
/** Peak per GPU on 1, 2, 4 and 8 GPUs of 80 GB. */
const WAN_14B_T2V = [
  ["69.1 GB", 1837.9],
  ["53.9 GB", 945.1],
  ["37.9 GB", 497],
  ["29.9 GB", 287.9],
] as const;
const WAN_14B_I2V = [
  ["76.7 GB", 1491.6],
  ["59.8 GB", 753.9],
  ["41.9 GB", 403.9],
  ["32.9 GB", 238.8],
] as const;

/**
 * The profiles that come with the panel: single users' measurements and authors' tables, defaults until measured
 * here. Ordered from the lightest model family to the heaviest, so that a picker reads as a ladder.
 */
export const BUILT_IN_PROFILES: readonly Profile[] = [
  builtIn("wan2.1-1.3b-t2v-480p-quant", "Wan2.1 1.3B T2V 480p · quantized", 12_200, `${TURBO}, 4 steps`, {
    model: "Wan2.1-1.3B",
    task: "t2v",
    ...p480,
    steps: 4,
    quant: "quant_linear",
    seconds: 6.5,
  }),
  builtIn(
    "wan2.1-1.3b-t2v-480p-offload",
    "Wan2.1 1.3B T2V 480p · offloaded",
    asGib("8.19 GB"),
    `${WAN}, RTX 4090 (8.19 GB)`,
    {
      model: "Wan2.1-1.3B",
      task: "t2v",
      ...p480,
      quant: "bf16",
      offload: "offload_model + t5_cpu",
      seconds: 261.4,
    },
  ),
  builtIn("wan2.1-1.3b-t2v-720p-quant", "Wan2.1 1.3B T2V 720p · quantized", 14_800, `${TURBO}, 4 steps`, {
    model: "Wan2.1-1.3B",
    task: "t2v",
    ...p720,
    steps: 4,
    quant: "quant_linear",
    seconds: 9.2,
  }),
  builtIn("cogvideox-2b-t2v-tuned", "CogVideoX-2b T2V · tuned", asGib("13.41 GB"), `${COG} (13.41 GB)`, {
    model: "CogVideoX-2b",
    task: "t2v",
    width: 720,
    height: 480,
    frames: 16,
    steps: 50,
    offload: "UNet",
    seconds: 172,
  }),
  builtIn("cogvideox-2b-t2v", "CogVideoX-2b T2V · default", asGib("14.89 GB"), `${COG} (14.89 GB)`, {
    model: "CogVideoX-2b",
    task: "t2v",
    width: 720,
    height: 480,
    frames: 16,
    steps: 50,
    seconds: 247,
  }),
  builtIn(
    "cogvideox-2b-t2v-sat",
    "CogVideoX-2b T2V 49 frames · SAT",
    asGib("18 GB"),
    `${COG_README} (18 GB)`,
    {
      model: "CogVideoX-2b",
      task: "t2v",
      width: 720,
      height: 480,
      frames: 49,
      steps: 50,
      quant: "fp16",
    },
  ),
  builtIn("wan2.1-14b-t2v-480p-quant", "Wan2.1 14B T2V 480p · quantized", 38_500, `${TURBO}, 4 steps`, {
    model: "Wan2.1-14B",
    task: "t2v",
    ...p480,
    steps: 4,
    quant: "quant_linear",
    seconds: 42.1,
  }),
  builtIn("wan2.1-14b-t2v-480p", "Wan2.1 14B T2V 480p", 41_200, `${TURBO}, 4 steps`, {
    model: "Wan2.1-14B",
    task: "t2v",
    ...p480,
    steps: 4,
    quant: "bf16",
    seconds: 39.8,
  }),
  builtIn(
    "wan2.2-i2v-a14b",
    "Wan2.2 A14B I2V · two models",
    39_500,
    `${TURBO}; peak of the second hump, after the low-noise model has loaded`,
    {
      model: "Wan2.2-I2V-A14B",
      task: "i2v",
      ...p720,
      steps: 4,
      // The levels of a user's report; it gives no times, so equal shares stand in for them.
      phases: [
        { name: "high-noise model", mib: 18_000, share: 0.25 },
        { name: "low-noise model loads", mib: 36_000, share: 0.25 },
        { name: "sampling peak", mib: 39_500, share: 0.25 },
        { name: "after", mib: 2_000, share: 0.25 },
      ],
    },
  ),
  ...perGpus("wan2.1-14b-t2v-720p", "Wan2.1 14B T2V 720p", { ...wan14, task: "t2v" }, WAN_14B_T2V),
  ...perGpus("wan2.1-14b-i2v-720p", "Wan2.1 14B I2V 720p", { ...wan14, task: "i2v" }, WAN_14B_I2V),
  builtIn("cogvideox1.5-5b-t2v-sat", "CogVideoX1.5-5B T2V · SAT", asGib("76 GB"), `${COG_README} (76 GB)`, {
    model: "CogVideoX1.5-5B",
    task: "t2v",
    width: 1360,
    height: 768,
    frames: 81,
    steps: 50,
    quant: "bf16",
  }),
];

type Settings = Partial<Omit<Profile, "id" | "label" | "peakMiB" | "basis" | "source">>;

function builtIn(id: string, label: string, peakMiB: number, source: string, settings: Settings): Profile {
  return v.parse(profileSchema, { id, label, peakMiB, basis: "published", source, ...settings });
}

/** The same job on 1, 2, 4 and 8 GPUs (FSDP, Ulysses). */
function perGpus(
  id: string,
  label: string,
  settings: Settings,
  peaks: readonly (readonly [published: string, seconds: number])[],
): Profile[] {
  return peaks.map(([published, seconds], i) => {
    const gpus = 2 ** i;
    const source = `${WAN}, ${gpus} × H800/H100 (${published}${gpus === 1 ? "" : " each"})`;
    return builtIn(
      gpus === 1 ? id : `${id}-x${gpus}`,
      gpus === 1 ? label : `${label} · ${gpus} GPUs`,
      asGib(published),
      source,
      {
        ...settings,
        gpus,
        seconds,
      },
    );
  });
}
