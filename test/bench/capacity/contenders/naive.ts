import type { Contender, View, Wanted } from "../contender.ts";

/** What nobody has published. */
const UNKNOWN_MIB = 12_000;

/** Free ≥ published peak, by what is free when somebody looks; what the asker's own process holds counts as free. */
export function createNaive(): Contender {
  /** What was given away in this second cannot be given twice. */
  let given = new Map<number, number>();
  return {
    looks: true,
    isTold: false,
    second: () => {
      given = new Map();
    },
    asked: () => {},
    place: (wanted, view) => {
      const needMiB = wanted.jobClass.publishedMiB ?? UNKNOWN_MIB;
      const fits = view.gpus
        .filter(({ index }) => wanted.on.length === 0 || wanted.on.includes(index))
        .map(({ index, totalMiB, driverMiB, usedMiB }) => ({
          index,
          freeMiB: totalMiB - driverMiB - usedMiB + ownMiB(view, index, wanted) - (given.get(index) ?? 0),
        }))
        .filter(({ freeMiB }) => freeMiB >= needMiB)
        .sort((a, b) => a.freeMiB - b.freeMiB)
        .slice(0, wanted.gpuCount);
      if (fits.length < wanted.gpuCount) return null;
      for (const { index } of fits) given.set(index, (given.get(index) ?? 0) + needMiB);
      return fits.map(({ index }) => index);
    },
    beat: () => {},
    ended: () => {},
    figureOf: () => null,
  };
}

/** What an idle resident holds is there for its own next job. */
function ownMiB(view: View, gpu: number, { pid, on }: Wanted): number {
  const isBusy = view.words.some((word) => word.pid === pid && word.busy);
  if (pid === null || on.length === 0 || isBusy) return 0;
  return view.list()?.[gpu]?.find((one) => one.pid === pid)?.usedMiB ?? 0;
}
