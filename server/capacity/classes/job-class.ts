import { createHash } from "node:crypto";
import { clipSizeOf } from "../../../shared/profiles/predict.ts";
import type { Profile } from "../../../shared/profiles/profile.ts";
import type { Signature } from "../../../shared/profiles/signature.ts";
import type { JobClass } from "../model.ts";

/** A profile as it was published or configured. */
export type PlainProfile = Pick<
  Profile,
  "id" | "model" | "task" | "quant" | "offload" | "gpus" | "width" | "height" | "frames" | "peakMiB" | "basis"
> & { seconds: number | null };

/** The class under which jobs of a profile are learned. Sizes of one model with the same settings are a family. */
export function classOfProfile(profile: PlainProfile): JobClass {
  const { id, model, task, quant, offload, gpus, peakMiB, basis, seconds } = profile;
  const isConfigured = basis === "configured";
  return {
    key: id,
    family: model === null ? null : [model, task, quant, offload, gpus].join("|"),
    size: clipSizeOf(profile),
    publishedMiB: isConfigured ? null : peakMiB,
    configuredMiB: isConfigured ? peakMiB : null,
    seconds,
  };
}

/** A job that brings its own figure: its word stands, and is raised by what such jobs were seen to take. */
export function withOwnPeak(jobClass: JobClass | null, peakMiB: number, label: string): JobClass {
  const { key = label, seconds = null } = jobClass ?? {};
  return {
    ...{ key: `${key}@${peakMiB}`, family: null, size: null, publishedMiB: null },
    configuredMiB: peakMiB,
    seconds,
  };
}

/**
 * The class of a host's own description of a job. Steps cost time and no memory, so they are no part of it; where a
 * profile of the same model and size is known, its published figure is where the first estimate comes from.
 */
export function classOfSignature(signature: Signature, profiles: readonly PlainProfile[]): JobClass {
  const { host, kind, models, width, height, frames, batch, options } = signature;
  const settings = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  const family = JSON.stringify([host, kind, [...models].sort(), batch, settings]);
  const size = width === null || height === null ? null : { width, height, frames: frames ?? 1 };
  const like = profiles.filter((profile) => isOf(profile, models) && sameSize(profile, signature));
  const most = like.reduce<PlainProfile | null>(
    (a, b) => (a === null || b.peakMiB > a.peakMiB ? b : a),
    null,
  );
  return {
    key: signatureKey([family, width, height, frames]),
    family,
    size,
    publishedMiB: most?.peakMiB ?? null,
    configuredMiB: null,
    seconds: most?.seconds ?? null,
  };
}

/** An id as profiles have them. */
function signatureKey(parts: readonly unknown[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
  return `signature-${hash}`;
}

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
/** Hosts name models by their files, profiles by what they are called. */
const isOf = ({ model }: PlainProfile, files: readonly string[]) =>
  model !== null && files.some((file) => bare(file).includes(bare(model)));
const sameSize = (profile: PlainProfile, { width, height, frames }: Signature) =>
  profile.width === width && profile.height === height && profile.frames === frames;
