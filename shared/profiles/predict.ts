import type { Profile } from "./profile.ts";

/** Settings of a clip that decide how many tokens it has. */
export interface ClipSize {
  /** Pixels. */
  width: number;
  height: number;
  frames: number;
}

/**
 * Tokens of a clip: `((F − 1)/4 + 1) · (H/16) · (W/16)`, with the latent frames and patches rounded up to whole
 * ones. Wan 2.1: VAE 4 × 8 × 8, patches 1 × 2 × 2 (81 frames at 832×480 are 32,760). Dimensionless.
 */
export function tokensOf({ width, height, frames }: ClipSize): number {
  return Math.ceil((frames - 1) / 4 + 1) * Math.ceil(height / 16) * Math.ceil(width / 16);
}

/** What is known of one size: a peak, MiB, and its uncertainty. */
export interface SeenSize extends ClipSize {
  peakMiB: number;
  uncertaintyMiB: number;
}

export interface SizePrediction {
  peakMiB: number;
  /** The true peak may lie this far above, MiB. */
  uncertaintyMiB: number;
  /** `interpolated` lies between sizes that were seen, `extrapolated` beyond them. */
  how: "seen" | "interpolated" | "extrapolated";
}

/** Relative error that is assumed per doubling of the tokens beyond what was seen. Ours, not a measurement. */
const ERROR_PER_DOUBLING = 0.15;
/** Share of a peak that is taken for weights where nobody says: the middle of what the facts' rows give. */
const ASSUMED_WEIGHTS_SHARE = 0.6;

/**
 * Peak of one model at a size that was not seen: `weights + activation × tokens / tokens₀`. With two sizes or more the
 * line is laid through them by least squares (its foot is weights and context together); with one, the weights come
 * from the profile, or are taken to be 60 % of the peak. The uncertainty grows with the distance in doublings of the
 * tokens, with how ill the line fits, and where the weights had to be assumed. MiB. Pure.
 */
export function predictForSize(
  seen: readonly SeenSize[],
  wanted: ClipSize,
  weightsMiB: number | null = null,
): SizePrediction | null {
  const tokens = tokensOf(wanted);
  const points = worstPerCount(seen);
  const same = points.find((point) => point.tokens === tokens);
  if (same !== undefined) {
    return { peakMiB: same.peakMiB, uncertaintyMiB: same.uncertaintyMiB, how: "seen" };
  }
  const [first] = points;
  if (first === undefined) return null;
  const line = points.length === 1 ? through(first, weightsMiB) : leastSquares(points);
  const peakMiB = Math.round(Math.max(1, line.foot + line.slope * tokens));
  const counts = points.map((point) => point.tokens);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const beyond = tokens > most ? Math.log2(tokens / most) : tokens < least ? Math.log2(least / tokens) : 0;
  const misfit = Math.max(
    ...points.map((point) => Math.abs(line.foot + line.slope * point.tokens - point.peakMiB)),
  );
  const own = Math.max(...points.map((point) => point.uncertaintyMiB));
  const assumed = points.length === 1 && weightsMiB === null ? 2 : 1;
  // Between two sizes that were seen the straight line may still be wrong by half of what one doubling costs.
  const doublings = beyond > 0 ? beyond : 0.5;
  const uncertaintyMiB = Math.ceil(own + misfit + peakMiB * ERROR_PER_DOUBLING * doublings * assumed);
  return { peakMiB, uncertaintyMiB, how: beyond > 0 ? "extrapolated" : "interpolated" };
}

/** Of sizes with as many tokens the one with the highest peak. */
function worstPerCount(seen: readonly SeenSize[]) {
  const byCount = new Map<number, SeenSize & { tokens: number }>();
  for (const size of seen) {
    const tokens = tokensOf(size);
    const other = byCount.get(tokens);
    if (other === undefined || other.peakMiB < size.peakMiB) byCount.set(tokens, { ...size, tokens });
  }
  return [...byCount.values()];
}

interface Line {
  /** MiB at no tokens: weights and context. */
  foot: number;
  /** MiB per token. */
  slope: number;
}

function through({ peakMiB, tokens }: { peakMiB: number; tokens: number }, weightsMiB: number | null): Line {
  const foot = Math.min(weightsMiB ?? peakMiB * ASSUMED_WEIGHTS_SHARE, peakMiB);
  return { foot, slope: (peakMiB - foot) / tokens };
}

function leastSquares(points: readonly { peakMiB: number; tokens: number }[]): Line {
  const n = points.length;
  const meanX = points.reduce((sum, { tokens }) => sum + tokens, 0) / n;
  const meanY = points.reduce((sum, { peakMiB }) => sum + peakMiB, 0) / n;
  const spread = points.reduce((sum, { tokens }) => sum + (tokens - meanX) ** 2, 0);
  const common = points.reduce((sum, { tokens, peakMiB }) => sum + (tokens - meanX) * (peakMiB - meanY), 0);
  // More tokens never need less: a falling line is noise.
  const slope = spread === 0 ? 0 : Math.max(0, common / spread);
  return { foot: meanY - slope * meanX, slope };
}

/** The clip size of a profile, where it names all of it. */
export function clipSizeOf({
  width,
  height,
  frames,
}: Pick<Profile, "width" | "height" | "frames">): ClipSize | null {
  return width === null || height === null || frames === null ? null : { width, height, frames };
}
