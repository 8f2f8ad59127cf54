import { predictForSize } from "../../../shared/capacity/predict.ts";
import type { CapacityState, Figure, JobClass, Learned } from "../model.ts";
import type { Policy } from "../policy.ts";

type Known = Pick<CapacityState, "learned" | "nearestRatios">;

/** What a job of a class is reckoned with; an out-of-memory only ever raises the margin. */
export function figureOf(jobClass: JobClass, known: Known, policy: Policy): Figure {
  const learned = known.learned.get(jobClass.key);
  const { mib, needMiB, basis } = plainFigure(jobClass, learned, known, policy);
  const raised = learned?.raisedMiB ?? 0;
  return { mib, needMiB: Math.round(Math.max(needMiB, raised)), basis };
}

function plainFigure(jobClass: JobClass, learned: Learned | undefined, known: Known, policy: Policy): Figure {
  const peaks = learned?.peaks ?? [];
  const measured = Math.max(0, ...peaks.map(({ mib }) => mib));
  const withMargin = peaks.map(
    ({ mib, reported }) => mib * (reported ? policy.marginReported : policy.marginSampled),
  );
  const { configuredMiB, publishedMiB } = jobClass;
  if (configuredMiB !== null) {
    const mib = Math.max(configuredMiB, measured);
    return {
      mib,
      needMiB: Math.max(configuredMiB, ...withMargin),
      basis: mib > configuredMiB ? "measured" : "configured",
    };
  }
  if (peaks.length > 0) return { mib: measured, needMiB: Math.max(...withMargin), basis: "measured" };
  if (publishedMiB !== null) {
    return { mib: publishedMiB, needMiB: publishedMiB * policy.marginPublished, basis: "published" };
  }
  const near = policy.nearest ? nearestMiB(jobClass, known.learned) : null;
  if (near === null) return { mib: 0, needMiB: 0, basis: "nothing" };
  return {
    mib: near,
    needMiB: near * Math.max(policy.marginPublished, ...known.nearestRatios),
    basis: "nearest",
  };
}

/** Reckons the peak of an unknown size from the known sizes of its family; `null`: none is known. */
export function nearestMiB({ key, family, size }: JobClass, learned: Known["learned"]): number | null {
  if (family === null || size === null) return null;
  const seen = [...learned].flatMap(([other, { family: its, size: clip, peaks }]) => {
    if (other === key || its !== family || clip === null || peaks.length === 0) return [];
    return [{ ...clip, peakMiB: Math.max(...peaks.map(({ mib }) => mib)), uncertaintyMiB: 0 }];
  });
  return predictForSize(seen, size)?.peakMiB ?? null;
}
