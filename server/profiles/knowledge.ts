import { problem } from "../../shared/problems/make-problem.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { classOfProfile } from "../capacity/classes/job-class.ts";
import type { LiveCapacity } from "../capacity/live/live.ts";
import type { CapacityState, JobClass } from "../capacity/model.ts";
import { knownProfiles, type OtherClass } from "./known-profiles.ts";
import type { LearnedStore } from "./learned-store.ts";
import { type Description, type Meant, resolve } from "./resolve.ts";
import { type TakenFigure, takenFigure, withTaken } from "./taken-figure.ts";

/** Which kinds of jobs are known here, with the figures that were learned. */
export interface Knowledge {
  /** Every profile with the figures of now, and behind them what else has run here. */
  profiles(): readonly Profile[];
  resolve(description: Description): Meant | null;
  classOf(profile: Profile): JobClass;
  /** A kind of job is asked for: what is learned of it is shown under this name. */
  note(meant: OtherClass): void;
  /** Somebody says that what jobs took here is the configured figure from now on. */
  takeFigure(profile: string): Reply<Profile>;
  /** Something was learned. */
  save(): void;
  /** The database is another one than before: what it holds is learned, where nothing is known yet. */
  takeOver(): void;
}

/** Descriptions that nobody learns from are forgotten, the oldest first. */
const MOST_OTHERS = 500;

export function createKnowledge({
  live,
  profiles: given,
  store,
}: {
  live: LiveCapacity;
  profiles: readonly Profile[];
  store: LearnedStore;
}): Knowledge {
  let others: readonly OtherClass[] = [];
  let taken: readonly TakenFigure[] = [];
  let plain = given;
  let known: {
    of: CapacityState["learned"];
    others: readonly OtherClass[];
    list: readonly Profile[];
  } | null = null;

  function load() {
    const kept = store.load();
    if (kept === null) return;
    others = kept.others;
    apply(kept.taken);
    live.change((state) => ({ ...state, ...kept.learned }));
  }

  function apply(figures: readonly TakenFigure[]) {
    taken = figures;
    plain = given.map((profile) => withTaken(profile, taken));
    known = null;
  }

  const save = () => store.save(live.state(), others, taken);

  /** Asked for with every turn, changed with every ended job. */
  function profiles() {
    const state = live.state();
    if (known?.of !== state.learned || known.others !== others)
      known = { of: state.learned, others, list: knownProfiles(plain, others, state, live.policy) };
    return known.list;
  }

  load();
  return {
    profiles,
    resolve: (description) => resolve(description, plain, profiles()),
    classOf(profile) {
      const other = others.find(({ jobClass }) => jobClass.key === profile.id)?.jobClass;
      return other ?? classOfProfile(plain.find(({ id }) => id === profile.id) ?? profile);
    },
    note({ jobClass, profile }) {
      const isKnown = plain.some(({ id }) => id === jobClass.key);
      if (isKnown || others.some((one) => one.jobClass.key === jobClass.key)) return;
      others = [...others, { jobClass, profile: { ...profile, id: jobClass.key } }].slice(-MOST_OTHERS);
    },
    takeFigure(id) {
      const profile = given.find((one) => one.id === id);
      if (profile === undefined) return refuse(problem("unknown-profile"));
      const figure = takenFigure(profile, live.state().learned.get(id));
      if (figure !== null) {
        apply([...taken.filter((one) => one.profile !== id), figure]);
        save();
        // What is said of room rests on it.
        live.change((state) => ({ ...state }));
      }
      return succeed(profiles().find((one) => one.id === id) ?? profile);
    },
    save,
    takeOver() {
      if (live.state().learned.size > 0) save();
      else load();
    },
  };
}
