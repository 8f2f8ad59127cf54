import { join } from "node:path";
import { type Gpu, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { Alert } from "../../shared/health/alert.ts";
import type { AlertList, TestResult } from "../../shared/health/past-alert.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { isReleasing, type Release } from "../../shared/release/release.ts";
import type { Options } from "../config/options.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { type AlertLog, createAlertLog } from "../health/alert-log.ts";
import { type Alerts, createAlerts } from "../health/alerts.ts";
import { evaluate, NEW_HEALTH } from "../health/evaluate.ts";
import { openKernelLog } from "../health/kernel-log.ts";
import type { EndedJobFact, HostFigures, Moment, SlowReading } from "../health/moment.ts";
import { toldJob } from "../health/notify/message.ts";
import { createNotifier, type Notifier } from "../health/notify/notifier.ts";
import { createRules } from "../health/rules/all.ts";
import type { EndedJob, Jobs } from "../jobs/jobs.ts";
import { childEnvironment } from "../lib/child-environment.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { SourceChoice } from "../sampling/choose-source.ts";
import type { HostReading } from "../sampling/host.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { createSlowQuery, type SlowQuery } from "../sampling/slow-query.ts";
import type { Timings } from "../timings.ts";
import type { Warnings } from "./data.ts";

export interface HealthParts {
  disposer: Disposer;
  sampler: Pick<Sampler, "latest" | "source">;
  jobs: Pick<Jobs, "list">;
  watch: Pick<BackendWatch, "states" | "tellsBusy">;
  releases: { state(): Release };
  /** Where alerts are kept. */
  folder: string;
  hold: FolderHold;
  time: Time;
  readHost(): HostReading;
  warnings: Warnings;
  complain(message: string): void;
  timings: Pick<Timings, "health" | "notify" | "patience">;
}

/** What the rest of the sidecar does with alerts. */
export interface HealthArea extends Pick<Alerts, "list" | "acknowledge" | "mute"> {
  all(): AlertList;
  test(): Promise<TestResult[]>;
  sample(sample: Sample): void;
  jobEnded(ended: EndedJob): void;
  /** Forgets what was seen: a recording shows another moment, of which that is no past. */
  jump(): void;
  /** Watches the host where no samples come, and asks for the slow figures. */
  start(): void;
  /** Where alerts are kept. */
  log: AlertLog["log"];
  onChange(listener: (alerts: Alert[]) => void): () => void;
}

const NO_HOST: HostFigures = {
  atMs: 0,
  load1: null,
  coreCount: 0,
  cpuLimit: null,
  cpuPeriods: null,
  memoryUsedMiB: null,
  memoryMostMiB: null,
  memoryOf: "machine",
  oomKills: null,
};

/** One evaluation for each sample, whatever the number of viewers. */
export function composeHealth(
  options: Pick<Options, "alerts" | "notify">,
  choice: SourceChoice,
  env: NodeJS.ProcessEnv,
  parts: HealthParts,
): HealthArea {
  const { disposer, sampler, jobs, time, complain, timings } = parts;
  const { nowMs } = time;
  // The demo machine's alerts must not be taken for those of the real one.
  const folder = choice.kind === "demo" ? join(parts.folder, "demo") : parts.folder;
  const rules = createRules(options.alerts);
  const alertLog = createAlertLog(folder, complain, parts.hold);
  const alerts = createAlerts(alertLog, nowMs, timings.health.carriedMs, time.wallOf);
  const notifier = openNotifier(options.notify, parts, env);
  // Simulated or recorded GPUs notify nobody, and the host of now has nothing to do with them.
  const isReal = choice.kind === "nvidia-smi";
  if (isReal) disposer.add(alerts.onNews(notifier.publish));
  const kernelLog = openKernelLog();
  disposer.add(kernelLog.close);
  let ended: EndedJobFact[] = [];
  let health = NEW_HEALTH;
  let slow: ReadonlyMap<string, SlowReading> = new Map();

  function judge(gpus: readonly Gpu[]) {
    const moment: Moment = {
      nowMs: nowMs(),
      gpus,
      slow,
      host: isReal ? parts.readHost().figures : NO_HOST,
      running: jobs
        .list()
        .flatMap(({ id, state, gpus: on, startedAt }) =>
          state === "running" && startedAt !== null ? [{ id, gpus: on, startedMs: startedAt }] : [],
        ),
      ended,
      // Only backends that tell it themselves: declared jobs are known by GPU.
      busy: parts.watch.states().some(({ id, busy }) => busy === true && parts.watch.tellsBusy(id)),
      releasing: isReleasing(parts.releases.state()),
      xids: isReal ? kernelLog.read() : [],
    };
    ended = [];
    if (isReal) notifier.lookAt(jobs.list(), moment.nowMs);
    const next = evaluate(health, moment, rules);
    health = next.health;
    alerts.apply(next.changes, moment.nowMs, (uuid) => gpus.find((gpu) => gpu.uuid === uuid)?.index);
  }

  function watchSilence() {
    const timer = setInterval(() => {
      if (nowMs() - health.atMs < timings.health.silenceMs) return;
      judge(sampler.latest().gpus.map((gpu) => ({ ...gpu, ...UNKNOWN_READING })));
    }, timings.health.silenceLookMs);
    disposer.add(() => clearInterval(timer));
  }

  function askSlowly({ read, close }: SlowQuery) {
    let timer: NodeJS.Timeout;
    const ask = async () => {
      if (sampler.source().status === "live") slow = (await read()) ?? slow;
      timer = setTimeout(() => void ask(), timings.health.slowIntervalMs);
    };
    timer = setTimeout(() => void ask(), timings.health.slowFirstMs);
    disposer.add(() => {
      clearTimeout(timer);
      close();
    });
  }

  return {
    list: alerts.list,
    all: alerts.all,
    acknowledge: alerts.acknowledge,
    mute: alerts.mute,
    test: notifier.test,
    sample: ({ gpus }) => judge(gpus),
    jobEnded({ job, oom, peakMiB, gaveWay }) {
      if (gaveWay) return;
      const { gpus, startedAt, endedAt, state } = job;
      const outcome = oom ? "out-of-memory" : state === "done" ? "done" : "failed";
      if (isReal) notifier.jobEnded(`job-${outcome}`, toldJob(job, peakMiB, nowMs()));
      if (startedAt !== null)
        ended.push({ gpus, startedMs: startedAt, endedMs: endedAt ?? nowMs(), outcome });
    },
    jump() {
      health = NEW_HEALTH;
      alerts.forget();
    },
    log: alertLog.log,
    onChange: alerts.onChange,
    start() {
      watchSilence();
      if (choice.kind === "nvidia-smi")
        askSlowly(createSlowQuery(choice.command, env, nowMs, timings.patience.queryMs));
    },
  };
}

function openNotifier(
  targets: Options["notify"],
  { disposer, readHost, warnings, complain, timings }: HealthParts,
  env: NodeJS.ProcessEnv,
): Notifier {
  const notifier = createNotifier(targets, readHost().state.name, {
    complain,
    onTrouble: (receiver) =>
      warnings.set("notify", receiver === null ? null : problem("alerts-not-sent", { receiver })),
    timings: timings.notify,
    env: childEnvironment(env),
  });
  disposer.add(notifier.close);
  return notifier;
}
