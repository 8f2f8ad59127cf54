import { predictForSize } from "../../../shared/profiles/predict.ts";
import type { CapacityState, Figure, JobClass, Learned } from "../model.ts";
import type { Policy } from "../policy.ts";

type Known = Pick<CapacityState, "learned" | "nearestRatios" | "running" | "gpus">;

/** What a job of a class is reckoned with; an out-of-memory only ever raises the margin. */
export function figureOf(jobClass: JobClass, known: Known, policy: Policy): Figure {
  const learned = known.learned.get(jobClass.key);
  const { mib, needMiB, basis } = plainFigure(jobClass, learned, known, policy);
  return { mib, needMiB: Math.round(Math.max(needMiB, learned?.raisedMiB ?? 0)), basis };
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
  // Of what was never measured here, a job that runs may already have shown that the figure is too low.
  const seenMiB = seenRunning(jobClass, known);
  const near = policy.nearest && publishedMiB === null ? nearestMiB(jobClass, known.learned) : null;
  const base = publishedMiB ?? near;
  if (base === null) return { mib: 0, needMiB: 0, basis: "nothing" };
  const ratio = near === null ? 1 : Math.max(1, ...known.nearestRatios);
  const mib = Math.max(base, seenMiB);
  const needMiB = Math.max(base * Math.max(policy.marginPublished, ratio), seenMiB * policy.marginPublished);
  return { mib, needMiB, basis: near === null ? "published" : "nearest" };
}

/** The class of several such jobs in one process: what they reach together is learned apart. */
export function togetherClass(jobClass: JobClass, n: number): JobClass {
  const key = n === 1 ? jobClass.key : `${jobClass.key} ×${n}`;
  return n === 1
    ? jobClass
    : { key, family: null, size: null, publishedMiB: null, configuredMiB: null, seconds: null };
}

/** Fewer observations than this do not show what happens when peaks meet. */
const SEEN_TOGETHER = 3;

/** What 2, 3 … jobs of a class need in one process, as far as it was measured often enough. */
export function sumsMiB(jobClass: JobClass, known: Known, policy: Policy): number[] {
  const sums: number[] = [];
  for (let n = 2; policy.together; n++) {
    const both = togetherClass(jobClass, n);
    if ((known.learned.get(both.key)?.peaks.length ?? 0) < SEEN_TOGETHER) break;
    sums.push(figureOf(both, known, policy).needMiB);
  }
  return sums;
}

/** The most that running jobs of the class have reached, declared or not, each while it was alone in its process. */
function seenRunning({ key }: JobClass, { running, gpus }: Known): number {
  const declared = running.flatMap(({ jobClass, aloneMiB }) => (jobClass.key === key ? aloneMiB : []));
  const tenants = gpus.flatMap((track) => (track.kind === "listed" ? track.tenants : []));
  const others = tenants.flatMap(({ ticket, jobPeakMiB }) =>
    ticket?.jobClass.key === key && (ticket.isSure || jobPeakMiB > ticket.figureMiB) ? jobPeakMiB : [],
  );
  return Math.max(0, ...declared, ...others);
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
