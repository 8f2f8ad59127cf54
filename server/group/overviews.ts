import { type OverviewAnswer, type ToldOverview, toldOf } from "../../shared/protocol/group-overview.ts";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import { type Difference, difference } from "../../shared/protocol/json-diff.ts";
import { overviewOf } from "./overview.ts";

/** Overviews of the group as many panels ask for them: each is made once, and each difference, too. */
export interface Overviews {
  /** @param since the number of what whoever asks has already */
  answer(profile: string | null, since?: number): OverviewAnswer;
}

interface Overview {
  n: number;
  overview: ToldOverview;
  /** From those before it, by their numbers. */
  changes: Map<number, Difference | undefined>;
}

/** So old may be what is told: hosts tell once a second. */
const FRESH_MS = 1000;
/** Whoever asks every two seconds has one of these. */
const MOST_KEPT = 8;
const MOST_PROFILES = 16;

export function createOverviews({
  view,
  nowMs,
  wallMs,
}: {
  view(): GroupView;
  nowMs(): number;
  wallMs(): number;
}): Overviews {
  /** By profile, those asked for last at the end; of each the newest last. */
  const known = new Map<string | null, { madeMs: number; made: Overview[] }>();
  let last = 0;

  function ofProfile(profile: string | null) {
    const kept = known.get(profile) ?? { madeMs: Number.NEGATIVE_INFINITY, made: [] };
    known.delete(profile);
    known.set(profile, kept);
    const [oldest] = known.keys();
    if (known.size > MOST_PROFILES && oldest !== undefined) known.delete(oldest);
    return kept;
  }

  function newest(kept: { madeMs: number; made: Overview[] }, profile: string | null): Overview {
    const before = kept.made.at(-1);
    if (before !== undefined && nowMs() - kept.madeMs < FRESH_MS) return before;
    // By the clock, so that another run of this sidecar has other numbers.
    last = Math.max(last + 1, Math.round(wallMs()));
    const next = { n: last, overview: toldOf(overviewOf(view(), profile, wallMs())), changes: new Map() };
    kept.madeMs = nowMs();
    kept.made.push(next);
    kept.made.splice(0, kept.made.length - MOST_KEPT);
    return next;
  }

  return {
    answer(profile, since) {
      const kept = ofProfile(profile);
      const now = newest(kept, profile);
      const { n, overview, changes } = now;
      const before = kept.made.find((one) => one.n === since);
      if (before === undefined) return { n, ...overview };
      if (!changes.has(before.n)) changes.set(before.n, difference(before.overview, overview));
      return { n, changes: changes.get(before.n) ?? {} };
    },
  };
}
