import type { Sample } from "../shared/gpu/sample.ts";
import type { Job } from "../shared/jobs/job.ts";
import type { SourceState } from "../shared/protocol/state.ts";
import { type Kept, recordOf } from "../shared/release/record.ts";
import { isReleasing, type LeavesBy, type Release } from "../shared/release/release.ts";
import type { CapacityArea } from "./compose/capacity.ts";
import type { DecisionsArea } from "./compose/decisions.ts";
import type { FoundArea } from "./compose/found.ts";
import type { HealthArea } from "./compose/health.ts";
import type { HistoryParts } from "./compose/history.ts";
import type { Logs } from "./compose/logs.ts";
import type { ReplayArea } from "./compose/replay.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { Publisher } from "./gateway/publisher.ts";
import type { EndedJob } from "./jobs/jobs.ts";
import type { Emitter } from "./lib/emitter.ts";
import type { Tally } from "./recording/prometheus/tally.ts";
import type { Sessions } from "./recording/sessions/sessions.ts";
import type { Audit } from "./release/audit.ts";
import type { BackendWatch } from "./release/backend-watch.ts";
import type { SamplerCourse } from "./sampling/sampler.ts";

/** The parts that a turn goes through. */
export interface TurnParts {
  history: HistoryParts;
  /** `null`: a recording is played, and nothing is decided. */
  decisions: DecisionsArea | null;
  capacity: CapacityArea;
  watch: BackendWatch;
  sessions: Sessions;
  logs: Logs;
  tally: Tally;
  health: HealthArea;
  /** A release that waits for the next sample. */
  measured: Emitter<Sample>;
  audit: Audit;
  gateway: Gateway;
  publisher: Publisher;
  replayed: ReplayArea;
  latest(): Sample;
  /** What a backend keeps that was asked in vain. */
  keptBy(backend: string): Kept;
  /** Why a release was asked for by the hand-over. */
  leavesBy(id: string | null): LeavesBy | null;
  found: FoundArea;
  /** Remembers which jobs there are, for those who ask without knowing of jobs. */
  remember(jobs: readonly Job[]): void;
  /** The run of the sidecar gets another name: what viewers know is of another moment. */
  beginAnew(): void;
  complainOf(source: SourceState): void;
}

/** What happens, and all that follows from it, in the order in which it follows. */
export interface Turn extends SamplerCourse {
  jobsChanged(): void;
  jobEnded(ended: EndedJob): void;
  backendsChanged(): void;
  release(release: Release): void;
  alertsChanged(): void;
  foundChanged(): void;
  handoverChanged(): void;
}

export function createTurn(parts: TurnParts): Turn {
  const { history, decisions, capacity, watch, sessions, logs, tally, health, publisher } = parts;
  let wasReleasing = false;
  /** While a sample is gone through, what changes is said with it, in one message. */
  let inTurn = false;
  const say = (urgent: boolean) => {
    if (!inTurn) publisher.changed(urgent);
  };
  return {
    sample(sample) {
      inTurn = true;
      history.sample(sample);
      // Before the step that decides on it.
      decisions?.sample(sample.gpus);
      capacity.sample();
      // Whose process a job runs in, this list of processes may tell.
      watch.declaredJobsChanged();
      sessions.sample(sample, running(capacity.told.list()));
      logs.sample(sample);
      tally.sample();
      health.sample(sample);
      inTurn = false;
      parts.gateway.sample(sample);
      parts.found.finder.sample();
      // Last: a release that ends with this sample is news of its own.
      parts.measured.emit(sample);
    },
    source(source) {
      parts.complainOf(source);
      say(true);
    },
    jump() {
      health.jump();
      parts.replayed.jump(parts.latest(), history.recent);
      parts.beginAnew();
      parts.gateway.greetAll();
    },
    jobsChanged() {
      parts.remember(capacity.jobs.list());
      decisions?.jobsChanged();
      watch.declaredJobsChanged();
      say(false);
    },
    jobEnded(ended) {
      capacity.jobEnded(ended);
      sessions.jobEnded(ended.job);
      logs.jobEnded(ended);
      if (!ended.gaveWay) tally.jobEnded(ended.job);
    },
    backendsChanged() {
      decisions?.backends(watch.states());
      capacity.recompute();
      say(false);
    },
    release(release) {
      const record = recordOf(release, parts.keptBy, parts.leavesBy(release.id));
      if (record !== null) parts.audit.append(record);
      decisions?.release(release);
      logs.release(release);
      tally.release(release);
      capacity.release(release);
      // Its steps are watched by whoever pressed the button: none waits for a sample.
      say(isReleasing(release) || wasReleasing);
      wasReleasing = isReleasing(release);
    },
    alertsChanged: () => say(true),
    foundChanged: () => say(false),
    handoverChanged: () => say(true),
  };
}

const running = (jobs: readonly Job[]) => jobs.filter(({ state }) => state === "running");
