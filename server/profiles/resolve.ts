import type { ProfileQuery } from "../../shared/profiles/match-profile.ts";
import { type Prediction, resolveProfile } from "../../shared/profiles/predict-profile.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { Signature } from "../../shared/profiles/signature.ts";
import { classOfProfile, classOfSignature, withOwnPeak } from "../capacity/classes/job-class.ts";
import type { JobClass } from "../capacity/model.ts";
import { labelOfSignature } from "./label-of-signature.ts";

/** How a job is described by whoever asks: by a profile or its settings, by a signature, by its own figure. */
export interface Description {
  query: ProfileQuery | null;
  signature: Signature | undefined;
  peakMiB: number | undefined;
  label: string | undefined;
}

/** The class that is meant, and the profile as which people see it. */
export interface Meant {
  jobClass: JobClass;
  profile: Profile;
  predicted: Prediction | null;
}

/**
 * What kind of job is described; `null`: nothing that is known here.
 * @param plain as they were published or configured
 * @param known the same with what was learned here, other sizes of them behind
 */
export function resolve(
  { query, signature, peakMiB, label }: Description,
  plain: readonly Profile[],
  known: readonly Profile[],
): Meant | null {
  const named = query === null ? null : resolveProfile(query, known);
  if (query !== null && named === null) return null;
  const described =
    signature === undefined ? fromProfile(named, plain) : fromSignature(signature, named, plain);
  if (peakMiB === undefined) return described;
  const name = label ?? described?.profile.label ?? "job";
  const jobClass = withOwnPeak(described?.jobClass ?? null, peakMiB, name);
  const profile = {
    ...(described?.profile ?? profileOf(jobClass.key, name)),
    ...{ peakMiB, uncertaintyMiB: 0, basis: "configured" as const, source: "" },
  };
  return { jobClass, profile, predicted: null };
}

function fromProfile(named: ReturnType<typeof resolveProfile>, plain: readonly Profile[]): Meant | null {
  if (named === null) return null;
  const { profile, predicted } = named;
  const asGiven = plain.find(({ id }) => id === profile.id) ?? profile;
  return { jobClass: classOfProfile(asGiven), profile: asGiven, predicted };
}

function fromSignature(
  signature: Signature,
  named: ReturnType<typeof resolveProfile>,
  plain: readonly Profile[],
): Meant {
  const own = classOfSignature(signature, plain);
  const base = fromProfile(named, plain);
  const jobClass = { ...own, publishedMiB: base?.jobClass.publishedMiB ?? own.publishedMiB };
  const profile = {
    ...profileOf(jobClass.key, labelOfSignature(signature)),
    ...{ width: signature.width, height: signature.height, frames: signature.frames, steps: signature.steps },
    ...{ gpus: base?.profile.gpus ?? 1, peakMiB: Math.max(1, jobClass.publishedMiB ?? 1) },
  };
  return { jobClass, profile, predicted: null };
}

function profileOf(id: string, label: string): Profile {
  return {
    ...{
      id,
      label,
      model: null,
      task: null,
      width: null,
      height: null,
      frames: null,
      steps: null,
      quant: null,
    },
    ...{
      offload: null,
      gpus: 1,
      peakMiB: 1,
      weightsMiB: null,
      seconds: null,
      phases: [],
      basis: "published",
    },
    ...{ source: "", uncertaintyMiB: 0, seen: 0, raised: false, drift: null },
  };
}
