import type { Profile } from "../../shared/profiles/profile.ts";
import type { PhaseSeen } from "../../shared/timeline/run.ts";

/** The phases of one run so far, and a level that may become the next one. Immutable. */
export interface PhasesSeen {
  phases: readonly PhaseSeen[];
  /** A level that differs from the last phase's: since when it stands, MiB. */
  rising: { sinceMs: number; mib: number } | null;
  /** The job tells its phases itself: levels make no phases of their own. */
  told: boolean;
}

export const NO_PHASES: PhasesSeen = { phases: [], rising: null, told: false };

/** A level that differs by so much from a phase's is another phase: as a share, and at least in MiB. */
const STEP_SHARE = 0.07;
const STEP_MIB = 1024;
/** Levels this near are one level. */
const SAME_SHARE = 0.05;
/** A level stands when it has been kept for so long: loading passes through many. */
const STANDS_MS = 4000;
/** A phase's level is told anew when it has risen by this much. */
const TELL_MIB = 256;
const MOST_PHASES = 16;

/**
 * One more look at a run: what its job calls the phase (`null`: nothing), and what it holds (`null`: not seen). A new
 * phase begins with another name, or where no names are told with another level that stands for four seconds. Pure.
 */
export function seePhase(
  seen: PhasesSeen,
  name: string | null,
  atMs: number,
  mib: number | null,
): PhasesSeen {
  const last = seen.phases.at(-1);
  if (name !== null && (last === undefined || last.name !== name || !seen.told)) {
    const started = begin(seen, { name, startedAt: atMs, mib });
    return { ...started, told: true };
  }
  if (mib === null) return seen;
  if (last === undefined) return begin(seen, { name: null, startedAt: atMs, mib });
  const differs = last.mib === null || Math.abs(mib - last.mib) > Math.max(STEP_MIB, last.mib * STEP_SHARE);
  if (seen.told || !differs) {
    const raised = last.mib === null || mib >= last.mib + TELL_MIB;
    const calm = seen.rising === null ? seen : { ...seen, rising: null };
    return raised ? { ...calm, phases: [...seen.phases.slice(0, -1), { ...last, mib }] } : calm;
  }
  const { rising } = seen;
  if (rising === null || Math.abs(mib - rising.mib) > rising.mib * SAME_SHARE)
    return { ...seen, rising: { sinceMs: atMs, mib } };
  if (atMs - rising.sinceMs < STANDS_MS) return seen;
  return begin(seen, { name: null, startedAt: rising.sinceMs, mib: Math.max(mib, rising.mib) });
}

function begin(seen: PhasesSeen, phase: PhaseSeen): PhasesSeen {
  // A job of very many phases keeps the last ones.
  return { ...seen, phases: [...seen.phases, phase].slice(-MOST_PHASES), rising: null };
}

/** How near a level must be to a profile's phase to be called by its name. */
const NAMED_WITHIN = 0.12;

/**
 * The phases with the names of the profile's phases whose levels they agree with: as many as can be named in the
 * profile's order, and of those ways the nearest. What the job itself told keeps its name, and what agrees with none has
 * none. Pure.
 */
export function namePhases(phases: readonly PhaseSeen[], profile: Pick<Profile, "phases">): PhaseSeen[] {
  const known = profile.phases;
  const offOf = ({ name, mib }: PhaseSeen, at: number) => {
    const phase = known[at];
    return name !== null || mib === null || phase === undefined
      ? Number.POSITIVE_INFINITY
      : Math.abs(mib - phase.mib) / phase.mib;
  };
  // best[from]: the best naming of the phases from the present one on, by the profile's phases from `from` on.
  let best: Naming[] = Array.from({ length: known.length + 1 }, () => ({ named: 0, off: 0, names: [] }));
  for (const phase of [...phases].reverse()) {
    const next: Naming[] = [];
    for (let from = known.length; from >= 0; from--) {
      const rest = best[from];
      const nameless: Naming = {
        named: rest?.named ?? 0,
        off: rest?.off ?? 0,
        names: [phase.name, ...(rest?.names ?? [])],
      };
      const off = offOf(phase, from);
      const after = best[from + 1];
      const own: Naming | null =
        off > NAMED_WITHIN || after === undefined
          ? null
          : {
              named: after.named + 1,
              off: after.off + off,
              names: [known[from]?.name ?? null, ...after.names],
            };
      next[from] = [next[from + 1], own, nameless].reduce<Naming>((a, b) => better(a, b ?? a), nameless);
    }
    best = next;
  }
  return phases.map((phase, i) => ({ ...phase, name: best[0]?.names[i] ?? phase.name }));
}

interface Naming {
  named: number;
  /** Sum of how far off the named levels are, as shares. */
  off: number;
  names: (string | null)[];
}

const better = (a: Naming, b: Naming) =>
  b.named > a.named || (b.named === a.named && b.off < a.off) ? b : a;

/**
 * The profile that an undeclared run seems to be of: the only one of which two phases, one after the other, agree with what
 * was seen. `null`: none, or several. Pure.
 */
export function profileByPhases(phases: readonly PhaseSeen[], profiles: readonly Profile[]): Profile | null {
  const alike = profiles.filter((profile) => {
    if (profile.phases.length < 2) return false;
    return namePhases(phases, profile).filter(({ name }) => name !== null).length >= 2;
  });
  return alike.length === 1 ? (alike[0] ?? null) : null;
}
