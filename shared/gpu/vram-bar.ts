/** What is known of one GPU's VRAM, MiB; `null`: not known. */
export interface BarFigures {
  totalMiB: number | null;
  /** Free by the driver. */
  freeMiB: number | null;
  /** Held by backends' processes on this GPU: their allocators, contexts and all else. */
  backendMiB: number | null;
  /** Of that, live tensors, and what the allocator keeps without using it. */
  tensorsMiB: number | null;
  cacheMiB: number | null;
  promisedMiB: number | null;
  reserveMiB: number | null;
}

/**
 * VRAM of one GPU in pieces that add up to the total, MiB. A piece that is not known is `null` and counts as none;
 * what it would be is then part of another: tensors and cache of `backendMiB`, a backend's part of `othersMiB`,
 * promises and reserve of `freeMiB`.
 */
export interface VramBar {
  /** Other programs, the driver itself, and whatever cannot be told apart. */
  othersMiB: number;
  /** Held by backends beside tensors and cache: CUDA contexts, or all of it where no allocator is reported. */
  backendMiB: number | null;
  tensorsMiB: number | null;
  cacheMiB: number | null;
  /** Free now, but running jobs will take it. No more than is free. */
  promisedMiB: number | null;
  /** Free now, and left alone. No more than is free beside what is promised. */
  reserveMiB: number | null;
  /** Free for new jobs. */
  freeMiB: number;
}

/**
 * The stacked bar: `others | backend | tensors | cache | promised | reserve | free`, which add up to the total. Each
 * report is cut to what the one before leaves, for the figures come from different moments. `null` where total or
 * free VRAM is not known. Pure.
 */
export function vramBar(figures: BarFigures): VramBar | null {
  const { totalMiB: total, freeMiB: free } = figures;
  if (total === null || free === null) return null;
  let inUse = total - Math.max(0, Math.min(free, total));
  let unused = total - inUse;
  const inUseOf = (mib: number | null) => {
    if (mib === null) return null;
    const piece = Math.max(0, Math.min(mib, inUse));
    inUse -= piece;
    return piece;
  };
  const unusedOf = (mib: number | null) => {
    if (mib === null) return null;
    const piece = Math.max(0, Math.min(mib, unused));
    unused -= piece;
    return piece;
  };
  const tensorsMiB = inUseOf(figures.tensorsMiB);
  const cacheMiB = inUseOf(figures.cacheMiB);
  const inAllocator = (tensorsMiB ?? 0) + (cacheMiB ?? 0);
  const backendMiB = inUseOf(
    figures.backendMiB === null ? null : Math.max(0, figures.backendMiB - inAllocator),
  );
  const promisedMiB = unusedOf(figures.promisedMiB);
  const reserveMiB = unusedOf(figures.reserveMiB);
  return { othersMiB: inUse, backendMiB, tensorsMiB, cacheMiB, promisedMiB, reserveMiB, freeMiB: unused };
}
