import type { FitOption } from "../../shared/capacity/fit.ts";
import type { Profile } from "../../shared/profiles/profile.ts";

export interface Settings {
  profile: Profile;
  profiles: readonly Profile[];
  /** GPUs of the machine. */
  gpuCount: number;
  fits(profile: Profile): boolean;
}

const SAME_MODEL = ["more-gpus", "quantize", "resolution", "frames", "offload"] as const;
const MOST_LIGHTER = 3;

/** The same model with settings that need less, the gentlest first; and other models that fit, the largest first. Pure. */
export function otherSettings({ profile, profiles, gpuCount, fits }: Settings): {
  same: FitOption[];
  lighter: FitOption[];
} {
  const less = profiles.filter(
    (other) => other.id !== profile.id && other.task === profile.task && needMiB(other) < needMiB(profile),
  );
  const same = less.filter(
    (other) =>
      other.model !== null &&
      other.model === profile.model &&
      other.gpus <= gpuCount &&
      // More pixels or frames for less VRAM is another job, not a gentler one.
      pixels(other) <= pixels(profile) &&
      (other.frames ?? 0) <= (profile.frames ?? 0),
  );
  const lighter = less
    .filter((other) => other.model !== profile.model && fits(other))
    .sort((a, b) => b.peakMiB - a.peakMiB)
    .slice(0, MOST_LIGHTER);
  return {
    same: SAME_MODEL.flatMap((kind) =>
      same
        .filter((other) => differenceOf(profile, other) === kind)
        .map((one) => option(kind, one, fits(one))),
    ),
    lighter: lighter.map((one) => option("lighter-model", one, true)),
  };
}

/** What mainly tells the other profile from this one. */
function differenceOf(profile: Profile, other: Profile): (typeof SAME_MODEL)[number] | null {
  if (other.gpus > profile.gpus) return "more-gpus";
  if (other.offload !== null && other.offload !== profile.offload) return "offload";
  if (pixels(other) < pixels(profile)) return "resolution";
  if ((other.frames ?? 0) < (profile.frames ?? 0)) return "frames";
  return other.quant === profile.quant ? null : "quantize";
}

/** What room must be there for: a figure that was measured here may be higher than one from elsewhere and need less. */
const needMiB = ({ peakMiB, uncertaintyMiB }: Profile) => peakMiB + uncertaintyMiB;
const pixels = ({ width, height }: Profile) => (width ?? 0) * (height ?? 0);

type OtherKind = (typeof SAME_MODEL)[number] | "lighter-model";
function option(kind: OtherKind, { id, label, peakMiB, basis }: Profile, enough: boolean): FitOption {
  return { kind, profile: id, label, peakMiB, basis, enough };
}
