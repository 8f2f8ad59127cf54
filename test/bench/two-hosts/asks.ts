import * as v from "valibot";
import type { Random } from "../capacity/random.ts";
import { type Curve, drawCurve, kindOf } from "../capacity/world/kinds.ts";

export type HostName = "gradio" | "comfyui";

/** What people of a host want, by the names of the capacity bench, and the form by which they ask for it. */
export const WISHES = {
  gradio: [
    { kind: "turbo-1.3b-480p", api: "video", model: "turbo-1.3b", form: [832, 480, 81, 4] },
    { kind: "turbo-1.3b-720p", api: "video", model: "turbo-1.3b", form: [1280, 720, 81, 4] },
    { kind: "sdxl", api: "image", model: "sdxl-base", form: [1024, 1024, 30] },
  ],
  comfyui: [
    { kind: "ltx", model: "ltx_fp8.safetensors", form: [768, 512, 97, 20] },
    { kind: "cogvideox", model: "cogvideox_bf16.safetensors", form: [720, 480, 49, 50] },
    { kind: "wan2.2-5b", model: "wan2.2_ti2v_5b_fp16.safetensors", form: [1280, 704, 121, 20] },
  ],
} as const;

/** One job that somebody asked for, and what became of it. */
export interface Ask {
  id: string;
  host: HostName;
  user: number;
  kind: string;
  curve: Curve;
  /** Epoch milliseconds. */
  askedMs: number;
  outcome: "done" | "failed" | "refused" | "under way";
  /** What its host said. */
  said: string;
}

/** True peaks of the kinds on this machine: within 5 % of the bench's. */
export function truePeaks(random: Random): ReadonlyMap<string, number> {
  const kinds = Object.values(WISHES).flatMap((wishes) => wishes.map(({ kind }) => kind));
  return new Map(kinds.map((id) => [id, kindOf(id).peakMiB * (1 + 0.05 * (2 * random.next() - 1))]));
}

/** Profiles as somebody publishes them who measured on another machine: within 5 % of this one's peaks, as in policy's study. */
export function publishedProfiles(random: Random, peaks: ReadonlyMap<string, number>) {
  const wishes = [...WISHES.gradio, ...WISHES.comfyui];
  return wishes.map(({ kind, model, form: [width, height, third] }) => ({
    ...{ id: kind, label: kind, model: model.replace(/\.safetensors$/, ""), width, height },
    ...(kind === "sdxl" ? {} : { frames: third }),
    peakMiB: Math.round((peaks.get(kind) ?? 0) * random.between(0.95, 1.05)),
  }));
}

export function drawWish<H extends HostName>(
  host: H,
  random: Random,
  peaks: ReadonlyMap<string, number>,
  noise: number,
) {
  const wishes: readonly (typeof WISHES)[H][number][] = WISHES[host];
  const wish = wishes[Math.floor(random.next() * wishes.length)];
  if (wish === undefined) throw new Error(`${host} has no wishes`);
  return { wish, curve: drawCurve(random, kindOf(wish.kind), peaks.get(wish.kind) ?? 0, noise) };
}

const jobSchema = v.object({
  id: v.string(),
  pid: v.nullable(v.number()),
  peakMiB: v.number(),
  label: v.string(),
});
const heldSchema = v.record(v.string(), v.object({ mib: v.number(), jobs: v.array(v.string()) }));
const common = { job: v.string(), atMs: v.number(), pid: v.number() };

/** What a host wrote of a job. */
export const eventSchema = v.variant("event", [
  v.object({ event: v.literal("begin"), ...common, age: v.number() }),
  v.object({ event: v.literal("end"), ...common, seconds: v.number() }),
  v.object({
    event: v.literal("out-of-memory"),
    ...common,
    ...{ missing: v.number(), wanted: v.number(), held: heldSchema, known: v.array(jobSchema) },
  }),
]);
export type HostEvent = v.InferOutput<typeof eventSchema>;
