import * as v from "valibot";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { Learned } from "../capacity/model.ts";

/** A configured figure in whose place somebody has put what jobs took here; it stands until another is configured. */
export const takenFigureSchema = v.object({
  profile: v.string(),
  configuredMiB: v.number(),
  peakMiB: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
export type TakenFigure = v.InferOutput<typeof takenFigureSchema>;

/** What jobs of a configured profile took here; `null`: it is not configured, or none was seen. */
export function takenFigure(
  { id, basis, peakMiB }: Pick<Profile, "id" | "basis" | "peakMiB">,
  learned: Learned | undefined,
): TakenFigure | null {
  const most = Math.max(0, ...(learned?.peaks ?? []).map(({ mib }) => mib));
  if (basis !== "configured" || most === 0) return null;
  return { profile: id, configuredMiB: peakMiB, peakMiB: Math.ceil(most) };
}

export function withTaken(profile: Profile, taken: readonly TakenFigure[]): Profile {
  const figure = taken.find(
    (one) =>
      one.profile === profile.id && one.configuredMiB === profile.peakMiB && profile.basis === "configured",
  );
  return figure === undefined ? profile : { ...profile, peakMiB: figure.peakMiB };
}
