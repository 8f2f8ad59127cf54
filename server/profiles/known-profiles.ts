import type { Profile } from "../../shared/profiles/profile.ts";
import { classOfProfile } from "../capacity/classes/job-class.ts";
import { driftOf } from "../capacity/learning/drift.ts";
import { expectedMs } from "../capacity/learning/durations.ts";
import { figureOf } from "../capacity/learning/figure.ts";
import type { CapacityState, JobClass } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";

/** A class of jobs beside the profiles: another size, a host's description. As people see it. */
export interface OtherClass {
  jobClass: JobClass;
  /** With the figures of its first estimate. */
  profile: Profile;
}

/** Of those that nobody configured or published, the last so many are offered; more would be no list to choose from. */
const MOST_OTHERS = 20;

/** Every profile with the figures that were learned here, and behind them what else has run here. Pure. */
export function knownProfiles(
  profiles: readonly Profile[],
  others: readonly OtherClass[],
  state: CapacityState,
  policy: Policy,
): Profile[] {
  const ran = others.filter(({ jobClass }) => (state.learned.get(jobClass.key)?.peaks.length ?? 0) > 0);
  return [
    ...profiles.map((profile) => withFigure(profile, classOfProfile(profile), state, policy)),
    ...ran.slice(-MOST_OTHERS).map(({ profile, jobClass }) => withFigure(profile, jobClass, state, policy)),
  ];
}

/** A profile with what is reckoned with for one such job now. Pure. */
export function withFigure(
  profile: Profile,
  jobClass: JobClass,
  state: CapacityState,
  policy: Policy,
): Profile {
  const { mib, needMiB, basis } = figureOf(jobClass, state, policy);
  const learned = state.learned.get(jobClass.key);
  const peakMiB = Math.max(1, Math.ceil(mib));
  return {
    ...profile,
    peakMiB: basis === "nothing" ? profile.peakMiB : peakMiB,
    uncertaintyMiB: basis === "nothing" ? 0 : Math.max(0, Math.ceil(needMiB) - peakMiB),
    basis: basis === "measured" ? "measured" : profile.basis,
    seen: learned?.peaks.length ?? 0,
    raised: learned !== undefined && learned.raisedMiB !== null,
    seconds: learned === undefined ? profile.seconds : Math.round(expectedMs(jobClass, state) / 1000),
    drift: driftOf(jobClass, learned),
  };
}
