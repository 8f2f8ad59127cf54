import { join } from "node:path";
import type { ReserveSettings } from "../../shared/capacity/concurrency.ts";
import { explainedGpu } from "../../shared/capacity/explained.ts";
import { assessFit, type ExplainedFit, type FitLanguage } from "../../shared/capacity/fit.ts";
import type { ProfileQuery } from "../../shared/capacity/match-profile.ts";
import { resolveProfile } from "../../shared/capacity/predict-profile.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { capacityWordsEn } from "../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../shared/capacity/words-zh-cn.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { CapacityMessage } from "../../shared/protocol/messages.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import {
  type GpuPromise,
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
import type { Gateway } from "../gateway/gateway.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createThrottle } from "../lib/throttle.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { ReleaseController } from "../release/controller.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

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
  isDemo: boolean;
  /** Epoch milliseconds of the sampler's time 0. */
  epochMs: number;
  readHost(): HostState;
  complain(message: string): void;
  timings: Pick<Timings, "panel">;
}

/** Jobs, estimates and the fit check, wired to samples and backends. */
export interface CapacityArea {
  jobs: Jobs;
  /** Where jobs are kept, and what else has to survive the sidecar. */
  database: CapacityDatabase;
  estimator: Estimator;
  state(): Pick<State, "capacity" | "promises" | "runs" | "jobs">;
  fit(query: ProfileQuery, language: FitLanguage): Reply<ExplainedFit>;
  /** Tells every viewer what has changed from now on. */
  tell(gateway: Pick<Gateway, "capacity" | "jobs">, onRelease: ReleaseController["onRelease"]): void;
}

const WORDS = { en: capacityWordsEn, "zh-CN": capacityWordsZhCn };

export function composeCapacity(parts: CapacityParts): CapacityArea {
  const { disposer, sampler, watch, profile } = parts;
  const nowMs = () => parts.epochMs + Math.round(sampler.nowMs());
  // Jobs on the demo machine must not be taken for jobs on the real one, nor what is learned of them.
  const file = parts.isDemo ? "capacity-demo.sqlite" : "capacity.sqlite";
  const database = openDatabase(join(parts.folder, file), parts.complain);
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
  // Before admission looks at a sample, what it promises must be known.
  disposer.add(sampler.onSample(estimator.sample));
  const room = createRoomWatch({ ...sampler, isLive: () => isLive(sampler.source()) }, estimator.roomOf);
  disposer.add(room.close);
  const jobs = createJobs({
    store: createJobStore(database),
    room,
    figures: estimator.figures,
    nowMs,
  });
  disposer.add(jobs.close);
  disposer.add(watch.onChange(estimator.look));
  disposer.add(jobs.onEnd(estimator.jobEnded));
  disposer.add(jobs.onChange(estimator.look));

  let isReleasing = false;
  function followRelease({ state, parts }: Release) {
    const began = state === "waiting-for-job" || state === "calling" || state === "verifying";
    if (began && !isReleasing) estimator.releasing();
    isReleasing = began;
    if (state !== "done") return;
    estimator.released(parts.filter((part) => part.state === "done").map(({ backend }) => backend));
    // Until the next list nobody knows to whom belongs what was freed.
    void sampler.refreshProcesses();
  }

  /** What every viewer knows of each GPU; empty when one has joined since, who may know more. */
  let told: readonly string[] = [];

  return {
    jobs,
    database,
    estimator,
    state() {
      told = [];
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
    tell(gateway, onRelease) {
      disposer.add(onRelease(followRelease));
      let changed = { profiles: false, runs: false };
      let shown: readonly GpuPromise[] = [];
      function send() {
        const { profiles, runs } = changed;
        changed = { profiles: false, runs: false };
        const promises = estimator.promises();
        const texts = promises.map((promise) => JSON.stringify(promise));
        const news = promises.flatMap((promise, i): CapacityMessage["promises"] =>
          texts[i] === told[i] ? [] : [[i, promise]],
        );
        told = texts;
        shown = promises;
        if (news.length === 0 && !runs && !profiles) return;
        gateway.capacity({
          promises: news,
          ...(runs ? { runs: [...estimator.runs()] } : {}),
          ...(profiles ? { profiles: [...estimator.profiles()] } : {}),
        });
      }
      const tellCalmly = createThrottle(parts.timings.panel.capacityIntervalMs, send);
      const tellSoon = createThrottle(parts.timings.panel.jobsIntervalMs, send);
      disposer.add(tellCalmly.close);
      disposer.add(tellSoon.close);
      disposer.add(
        estimator.onChange(({ profiles, runs }) => {
          changed = { profiles: changed.profiles || profiles, runs: changed.runs || runs };
          // Who starts jobs by what he sees must not see for seconds what somebody else has taken, or given back, by then.
          const matters = estimator.promises().some((now, i) => mattersNow(now, shown[i]));
          (matters ? tellSoon : tellCalmly).call();
        }),
      );
      const tellJobs = createThrottle(parts.timings.panel.jobsIntervalMs, () => gateway.jobs(jobs.list()));
      disposer.add(tellJobs.close);
      disposer.add(jobs.onChange(tellJobs.call));
    },
  };
}

/** A promise that has moved by so much decides who may start. */
const MATTERS_MIB = 1024;

function mattersNow(now: GpuPromise, before: GpuPromise | undefined): boolean {
  if (before === undefined || now.running !== before.running) return true;
  return Math.abs((now.promisedMiB ?? 0) - (before.promisedMiB ?? 0)) >= MATTERS_MIB;
}

/** A recording says nothing of the room that there is now. */
function isLive({ status, kind }: SourceState): boolean {
  return status === "live" && kind !== "replay";
}
