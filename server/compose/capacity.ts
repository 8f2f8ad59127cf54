import { join } from "node:path";
import type { FitAdvice, FitLanguage } from "../../shared/capacity/fit.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { FitQuery } from "../../shared/protocol/job-requests.ts";
import type { Reply } from "../../shared/protocol/reply.ts";
import type { HostState, State } from "../../shared/protocol/state.ts";
import type { Release } from "../../shared/release/release.ts";
import type { Run } from "../../shared/timeline/run.ts";
import { letGo } from "../capacity/admission/let-go.ts";
import type { Turn } from "../capacity/capacity.ts";
import { createLiveCapacity, type LiveCapacity } from "../capacity/live/live.ts";
import { createView } from "../capacity/live/view.ts";
import type { Policy } from "../capacity/policy.ts";
import { type CapacityDatabase, openDatabase } from "../data/database.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { createFitDesk } from "../fit/fit-desk.ts";
import { type AskForLimit, createLimitDesk } from "../fit/limit-desk.ts";
import type { HandoverDesk } from "../handover/desk.ts";
import type { FitAnswer } from "../http/openapi/fit-schema.ts";
import { createJobStore } from "../jobs/job-store.ts";
import { createJobs, type EndedJob, type Jobs } from "../jobs/jobs.ts";
import { createLineage } from "../jobs/lineage.ts";
import { createPidWatch } from "../jobs/pid-watch.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createKnowledge, type Knowledge } from "../profiles/knowledge.ts";
import { createLearnedStore } from "../profiles/learned-store.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { followRuns, NO_RUNS, shownRuns } from "../timeline/runs.ts";
import { seenRuns } from "../timeline/seen-runs.ts";
import type { Timings } from "../timings.ts";
import { createStamps } from "./stamps.ts";

export interface CapacityParts {
  disposer: Disposer;
  sampler: Sampler;
  watch: BackendWatch;
  profiles: readonly Profile[];
  /** The profile that the state's `capacity` is for. */
  profile: Profile;
  policy: Policy;
  /** Where jobs and what is learned are kept. */
  folder: string;
  hold: FolderHold;
  isDemo: boolean;
  /** The demo stands in for a driver that was not found. */
  isStandIn: boolean;
  time: Time;
  readHost(): HostState;
  handover: Pick<HandoverDesk, "step" | "closed">;
  complain(message: string): void;
  timings: Timings;
}

/** Jobs, estimates and the fit check, wired to samples and backends. */
export interface CapacityArea {
  /** Stamped by the clock that capacity, health and the timeline reckon with. */
  jobs: Jobs;
  /** The same jobs, stamped with the time of day: what everybody is told. */
  told: Jobs;
  /** Where jobs are kept, and what else has to survive the sidecar. */
  database: CapacityDatabase;
  profiles(): readonly Profile[];
  /** The rules by which it decides. */
  policy: Policy;
  state(): Pick<State, "capacity" | "promises" | "fits" | "runs" | "jobs">;
  fit(query: FitQuery, asker: string, language: FitLanguage): Promise<Reply<FitAnswer>>;
  limit: AskForLimit;
  adviseOn(profile: string): Reply<FitAdvice>;
  takeFigure(profile: string): Reply<Profile>;
  /** What kind of job is described; `null`: nothing that is known here. */
  resolve: Knowledge["resolve"];
  /** Reckons with a sample: who holds what, who has ended, who may start. */
  sample(): void;
  /** Reckons again, since jobs or backends have changed. */
  recompute(): void;
  jobEnded(ended: EndedJob): void;
  /** Writes the jobs anew with the time of day of a wall clock that was set. */
  clockSet(): void;
  /** Follows a release: when it is done, the processes are listed, so that what it freed can be given to others. */
  release(release: Release): void;
}

export function composeCapacity(parts: CapacityParts): CapacityArea {
  const { disposer, sampler, watch, profiles } = parts;
  const nowMs = () => Math.round(parts.time.nowMs());
  const { closed } = parts.handover;
  const stamps = createStamps(parts.time);
  // Jobs on the demo machine must not be taken for jobs on the real one, nor what is learned of them.
  const file = parts.isDemo ? "capacity-demo.sqlite" : "capacity.sqlite";
  const database = openDatabase(join(parts.folder, file), parts.complain, parts.hold);
  disposer.add(database.close);
  let away: () => ReadonlySet<string> = () => new Set();
  const live = createLiveCapacity({
    samples: {
      ...sampler,
      isLive: () => sampler.source().status === "live",
      isRecording: sampler.source().kind === "replay",
    },
    policy: parts.policy,
    // Who has given way says that it is busy, and is not: it waits for whom it gave way to.
    backends: () =>
      watch.states().map((one) => (away().has(one.id) ? { ...one, busy: false, queue: 0 } : one)),
    holdBackends: watch.hold,
    readHost: parts.readHost,
    lineage: createLineage(),
    nowMs,
    timings: parts.timings.capacity,
    isClosed: () => closed() !== null,
  });
  disposer.add(live.close);
  const knowledge = createKnowledge({ live, profiles, store: createLearnedStore(database) });
  const obstacle = obstacleOf(parts, database);
  const { latest } = sampler;
  const ownerOf = (pid: number) => ownerIn(latest(), pid);
  const jobs = createJobs({
    store: stamps.kept(createJobStore(database)),
    ...{ live, pids: createPidWatch(), resolve: knowledge.resolve, noteClass: knowledge.note },
    ...{ obstacle, closed, ownerOf, outcomeMs: parts.timings.capacity.outcomeMs },
  });
  away = jobs.away;
  disposer.add(jobs.close);
  const view = createView({
    ...{ live, knowledge, latest, profile: parts.profile, backends: watch.states, readHost: parts.readHost },
  });
  const labelOf = (id: string) => jobs.find(id)?.label ?? "job";
  const around = { labelOf, obstacle, closed, latest, backends: watch.states };
  const desk = createFitDesk({ live, knowledge, view, ...around });
  disposer.add(live.onTurn(handOver(parts.handover, { live, jobs, ownerOf, labelOf })));
  disposer.add(
    database.onOpened(() => {
      // Jobs first: a kill would lose them.
      jobs.takeOver();
      knowledge.takeOver();
    }),
  );

  let followed = NO_RUNS;
  let runs: readonly Run[] = [];
  function followTheRuns() {
    followed = followRuns(followed, seenRuns(live.state()), jobs.list(), nowMs());
    runs = shownRuns(followed, knowledge.profiles());
  }
  disposer.add(live.onTurn(followTheRuns));

  return {
    jobs,
    told: stamps.told(jobs),
    database,
    profiles: knowledge.profiles,
    policy: parts.policy,
    takeFigure: knowledge.takeFigure,
    resolve: knowledge.resolve,
    sample() {
      view.sample(sampler.latest());
      live.sample();
    },
    recompute: live.recompute,
    jobEnded: knowledge.save,
    clockSet: jobs.takeOver,
    release({ state }) {
      // Until the next list it is not known who gave VRAM back.
      if (state === "done") void sampler.refreshProcesses();
    },
    state: () => ({ ...view.state(runs), runs: stamps.runs(runs), jobs: stamps.jobs(jobs.list()) }),
    fit: desk.fit,
    limit: createLimitDesk({
      state: () => ({ ...view.state(runs), jobs: jobs.list(), backends: watch.states() }),
      onTurn: live.onTurn,
    }),
    adviseOn: desk.adviseOn,
  };
}

/** Why no job can be let in here, whatever there is room for. */
function obstacleOf(
  { isStandIn, hold }: CapacityParts,
  database: CapacityDatabase,
): () => Promise<Problem | null> {
  return async () => {
    // Real jobs must not be let in on imaginary GPUs.
    if (isStandIn) return problem("demo-machine");
    if (hold.problem() === null) return null;
    // Two panels that let jobs in would give the same room away twice. The other one may just have ended: then its jobs
    // are taken over before this one is judged.
    hold.retry();
    database.retry();
    return hold.problem();
  };
}

/** The backend that a process on a GPU belongs to. */
function ownerIn({ gpus }: Sample, pid: number): string | null {
  const listed = gpus.flatMap(({ processes }) => processes ?? []);
  return listed.find((one) => one.pid === pid)?.backend ?? null;
}

/** Each step of capacity is looked at by the hand-over. */
function handOver(
  desk: Pick<HandoverDesk, "step">,
  {
    live,
    jobs,
    ownerOf,
    labelOf,
  }: {
    live: LiveCapacity;
    jobs: Pick<Jobs, "find" | "away">;
    ownerOf(pid: number): string | null;
    labelOf(id: string): string;
  },
): (turn: Turn) => void {
  return (turn) =>
    desk.step(turn, {
      ...{ policy: live.policy, labelOf, away: jobs.away },
      askedFrom(id) {
        const { pid = null, backend = null } = jobs.find(id) ?? {};
        const owner = pid === null ? null : ownerOf(pid);
        return owner === backend ? null : owner;
      },
      letGo(id) {
        live.change((state, atMs, policy) => letGo(state, id, atMs, policy));
        live.recompute();
      },
    });
}
