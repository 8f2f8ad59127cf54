import type { Policy, Sample } from "../policy.ts";

/** Free ÷ peak, by what is free now and the published peak. */
export function createNaive(): Policy {
  let last: Sample | null = null;
  return {
    name: "naive free ÷ peak",
    patienceS: Number.POSITIVE_INFINITY,
    marked: false,
    sample: (sample) => {
      last = sample;
    },
    place: ({ profile }) => {
      const fits = (last?.gpus ?? [])
        .filter(({ memoryFreeMiB: free }) => free !== null && Math.floor(free / profile.peakMiB) >= 1)
        .sort((a, b) => (a.memoryFreeMiB ?? 0) - (b.memoryFreeMiB ?? 0))
        .map(({ index }) => index);
      return fits.length < profile.gpus ? null : fits.slice(0, profile.gpus);
    },
    started: () => {},
    ended: () => {},
  };
}
