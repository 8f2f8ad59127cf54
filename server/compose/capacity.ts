import { join } from "node:path";
import type { ReserveSettings } from "../../shared/capacity/concurrency.ts";
import { explainedGpu } from "../../shared/capacity/explained.ts";
import { assessFit, type ExplainedFit, type FitLanguage } from "../../shared/capacity/fit.ts";
import type { ProfileQuery } from "../../shared/capacity/match-profile.ts";
import { resolveProfile } from "../../shared/capacity/predict-profile.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { capacityWordsEn } from "../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../shared/capacity/words-zh-cn.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import {
  type HostState,
  type SourceState,
  type State,
  UNKNOWN_PROMISE,
} from "../../shared/protocol/state.ts";
import type { Release } from "../../shared/release/release.ts";
import { type CapacityDatabase, openDatabase } from "../capacity/database.ts";
import { createEstimator, type Estimator } from "../capacity/estimator.ts";
import { createJobStore } from "../capacity/job-store.ts";
import { createJobs, type Jobs } from "../capacity/jobs.ts";
import { createRoomWatch } from "../capacity/room-watch.ts";
import { createSignatureStore } from "../capacity/signature-store.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Sampler } from "../sampling/sampler.ts";

export interface CapacityParts {
  disposer: Disposer;
  sampler: Sampler;
  watch: BackendWatch;
  profiles: readonly Profile[];
  /** The profile that the state's `capacity` is for. */
  profile: Profile;
  reserve: ReserveSettings;
  isWsl: boolean;
  /** Where jobs and what is learned are kept. */
  folder: string;
  hold: FolderHold;
  isDemo: boolean;
  /** Epoch milliseconds of the sampler's time 0. */
  epochMs: number;
  readHost(): HostState;
  complain(message: string): void;
}

/** Jobs, estimates and the fit check, wired to samples and backends. */
export interface CapacityArea {
  jobs: Jobs;
  /** Where jobs are kept, and what else has to survive the sidecar. */
  database: CapacityDatabase;
  estimator: Estimator;
  state(): Pick<State, "capacity" | "promises" | "runs" | "jobs">;
  fit(query: ProfileQuery, language: FitLanguage): Reply<ExplainedFit>;
  /** Estimates what will be taken, then admits who waits. */
  sample(sample: Sample): void;
  /** A release goes on: what it frees belongs to nobody until the next list of processes. */
  release(release: Release): void;
}

const WORDS = { en: capacityWordsEn, "zh-CN": capacityWordsZhCn };

export function composeCapacity(parts: CapacityParts): CapacityArea {
  const { disposer, sampler, watch, profile } = parts;
  const nowMs = () => parts.epochMs + Math.round(sampler.nowMs());
  // Jobs on the demo machine must not be taken for jobs on the real one, nor what is learned of them.
  const file = parts.isDemo ? "capacity-demo.sqlite" : "capacity.sqlite";
  const database = openDatabase(join(parts.folder, file), parts.complain, parts.hold);
  disposer.add(database.close);
  const estimator = createEstimator({
    profiles: parts.profiles,
    store: createSignatureStore(database),
    jobs: () => jobs.list(),
    backends: watch.states,
    reserve: parts.reserve,
    isWsl: parts.isWsl,
    epochMs: parts.epochMs,
    readHost: parts.readHost,
  });
  const roomSamples = createEmitter<Sample>();
  const room = createRoomWatch(
    { ...sampler, onSample: roomSamples.subscribe, isLive: () => isLive(sampler.source()) },
    estimator.roomOf,
  );
  disposer.add(room.close);
  const jobs = createJobs({
    store: createJobStore(database),
    room,
    figures: estimator.figures,
    nowMs,
  });
  disposer.add(jobs.close);
  disposer.add(
    database.onOpened(() => {
      // First what a kill would lose.
      jobs.takeOver();
      estimator.takeOver();
    }),
  );

  let isReleasing = false;
  function release({ state, parts }: Release) {
    const began = state === "waiting-for-job" || state === "calling" || state === "verifying";
    if (began && !isReleasing) estimator.releasing();
    isReleasing = began;
    if (state !== "done") return;
    estimator.released(parts.filter((part) => part.state === "done").map(({ backend }) => backend));
    // Until the next list nobody knows to whom belongs what was freed.
    void sampler.refreshProcesses();
  }

  return {
    jobs,
    database,
    estimator,
    release,
    sample(sample) {
      // Before admission looks at a sample, what it promises must be known.
      estimator.sample(sample);
      roomSamples.emit(sample);
    },
    state() {
      return {
        capacity: estimator.capacity(profile.id),
        promises: estimator.promises(),
        runs: [...estimator.runs()],
        jobs: jobs.list(),
      };
    },
    fit(query, language) {
      const known = estimator.profiles();
      const meant = resolveProfile(query, known);
      if (meant === null) return refuse(problem("unknown-profile"));
      const { gpus } = sampler.latest();
      const promises = estimator.promises();
      const answer = assessFit(meant.profile, {
        gpus,
        promises,
        profiles: known,
        backends: watch.states(),
        jobs: jobs.list(),
        nowMs: nowMs(),
      });
      const perGpu = gpus.map((gpu, i) =>
        explainedGpu(gpu, meant.profile, promises[i] ?? UNKNOWN_PROMISE, WORDS[language]),
      );
      const { profile, predicted } = meant;
      const { peakMiB, uncertaintyMiB, source } = profile;
      const figure = { peakMiB, uncertaintyMiB, source, ...(predicted === null ? {} : { predicted }) };
      return succeed({ ...answer, perGpu, ...figure });
    },
  };
}

/** A recording says nothing of the room that there is now. */
function isLive({ status, kind }: SourceState): boolean {
  return status === "live" && kind !== "replay";
}
