import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";
import type { Job } from "../shared/capacity/job.ts";
import { encodeHistory } from "../shared/history/codec.ts";
import { problem } from "../shared/problems/make-problem.ts";
import type { Problem } from "../shared/problems/problem.ts";
import type { State } from "../shared/protocol/state.ts";
import { PROTOCOL_VERSION } from "../shared/protocol/version.ts";
import { recordOf } from "../shared/release/record.ts";
import { mergeProfiles } from "./capacity/profiles.ts";
import { composeAuthority } from "./compose/authority.ts";
import { composeCapacity } from "./compose/capacity.ts";
import { composeHealth } from "./compose/health.ts";
import { composeHistory } from "./compose/history.ts";
import { composeLogs } from "./compose/logs.ts";
import { composeMetrics } from "./compose/metrics.ts";
import { composeReplay } from "./compose/replay.ts";
import { composeSessions } from "./compose/sessions.ts";
import { composeSource, scratchFolder, tellOfTrouble } from "./compose/source.ts";
import { dataFolder } from "./config/data-folder.ts";
import type { Options } from "./config/options.ts";
import { callerOf } from "./gateway/caller.ts";
import { createGateway, type MakeHello } from "./gateway/gateway.ts";
import { loadAssets } from "./http/assets.ts";
import { createHttpServer } from "./http/http-server.ts";
import { createPages } from "./http/pages.ts";
import { createDisposer } from "./lib/disposer.ts";
import { createAudit } from "./release/audit.ts";
import { createBackendWatch } from "./release/backend-watch.ts";
import { createReleaseController } from "./release/controller.ts";
import { createMarkedWork } from "./release/marked-work.ts";
import { createProcessOwners } from "./release/owners/process-owners.ts";
import { chooseSource } from "./sampling/choose-source.ts";
import { isWsl } from "./sampling/host.ts";
import { createHostWatch } from "./sampling/host-watch.ts";
import { createSampler } from "./sampling/sampler.ts";
import type { Timings } from "./timings.ts";

/** What the sidecar needs from the program around it. */
export interface SidecarSurroundings {
  /** Folder of the built pages. */
  clientFolder: string;
  version: string;
  env: NodeJS.ProcessEnv;
  /** On a host's server, which may be bound to anything: only direct callers on this machine act without a token. */
  mounted?: boolean;
  /** Tells the one who started the sidecar what does not work, though it goes on. */
  complain(message: string): void;
  /** How long the product waits. */
  timings: Timings;
}

/** A running sidecar: everything wired, sampling begun, not yet listening. */
export interface Sidecar {
  readonly server: Server;
  /** Needed to act; `null`: there is none, and only those on this machine may who come through no proxy. */
  readonly token: string | null;
  readonly sourceKind: "nvidia-smi" | "demo" | "replay";
  /** Ends everything that was started, children included. Idempotent. */
  close(): Promise<void>;
}

/** Composition root: builds, wires and owns the parts; only it and `compose/` join the server's folders. */
export function createSidecar(
  options: Options,
  { clientFolder, version, env, mounted = false, complain, timings }: SidecarSurroundings,
): Sidecar {
  const disposer = createDisposer();
  let bootId = randomUUID();
  const { admit, token } = composeAuthority(options, mounted);
  const profiles = mergeProfiles(options.profiles);
  const profile =
    options.profile === undefined ? profiles[0] : profiles.find(({ id }) => id === options.profile);
  if (profile === undefined) throw new Error("there is no job profile");

  const choice = chooseSource(options, env);
  const { source, backends, replay } = composeSource(choice, options, env, timings, (...read) =>
    replayed.fill(history.archive, ...read),
  );
  const replayed = composeReplay(replay);
  const owners = createProcessOwners(backends);
  const sampler = createSampler(source, {
    intervalMs: options.interval,
    gpus: options.gpus === undefined || options.gpus.length === 0 ? null : options.gpus,
    demoReason: choice.kind === "demo" ? choice.reason : null,
    keepsRate: options.logCsv !== undefined || options.logJsonl !== undefined,
    findOwners: owners.update,
    backendOf: owners.ownerOf,
    timings,
  });
  disposer.add(sampler.close);
  disposer.add(tellOfTrouble(sampler, options.gpus ?? [], complain));
  // The time of a recording is its own, counted from 1970.
  const epochMs = replay === null ? Date.now() - Math.round(sampler.nowMs()) : 0;
  const nowMs = () => epochMs + sampler.nowMs();
  const readHost = createHostWatch(timings.sampling.hostFreshMs);
  const folder = replay === null ? (options.dataDir ?? dataFolder(env)) : scratchFolder(disposer);
  const history = composeHistory({
    sampler,
    folder,
    demo: choice.kind === "demo",
    intervalMs: options.interval,
    writeIntervalMs: options.historyInterval,
    epochMs,
    complain,
    disposer,
    recorded: replay === null ? undefined : replayed,
    timings,
  });

  /** The jobs, once they are there. */
  let jobsNow: () => readonly Job[] = () => [];
  const marked = createMarkedWork(
    () => jobsNow(),
    () => sampler.latest().gpus,
  );
  const watch = createBackendWatch(backends, options.backendInterval, marked.runsIn);
  disposer.add(watch.close);
  const releases = createReleaseController({
    backends,
    watch,
    ownersFound: owners.isFound,
    limits: {
      ...timings.release,
      patience: timings.patience,
      patienceMs: options.releasePatience,
      statusIntervalMs: options.backendInterval,
    },
    samples: {
      latest: sampler.latest,
      nowMs: sampler.nowMs,
      onSample: sampler.onSample,
      holdFast: sampler.holdFast,
      refreshProcesses: sampler.refreshProcesses,
      isLive: () => sampler.source().status === "live",
    },
  });
  const audit = createAudit(choice.kind === "demo" ? join(folder, "demo") : folder, complain);
  disposer.add(
    releases.onRelease((release) => {
      const record = recordOf(release);
      if (record !== null) audit.append(record);
    }),
  );
  // Closed before the audit: a release that the end breaks off is kept, too.
  disposer.add(releases.close);

  const common = { disposer, sampler, watch, folder, complain, timings };
  const capacity = composeCapacity({
    ...common,
    profiles,
    profile,
    reserve: options.reserve,
    isWsl: choice.kind === "nvidia-smi" && isWsl(),
    isDemo: choice.kind === "demo",
    epochMs,
    readHost: () => readHost().state,
  });
  jobsNow = capacity.jobs.list;
  disposer.add(capacity.jobs.onChange(watch.look));
  // Whose process a job runs in, a later list of processes may tell.
  disposer.add(sampler.onSample(watch.look));

  const health = composeHealth(options, choice, env, {
    ...common,
    jobs: capacity.jobs,
    releases,
    nowMs,
    readHost,
  });
  const sessions = composeSessions({
    ...common,
    database: capacity.database,
    jobs: capacity.jobs,
    intervalMs: () => replayed.intervalMs() ?? options.interval,
    nowMs,
  });
  composeLogs(options, {
    ...common,
    jobs: capacity.jobs,
    releases,
    replaying: replay !== null,
    hostName: readHost().state.name,
    version,
  });
  const currentState = (): State => {
    const { gpus } = sampler.latest();
    return {
      source: sampler.source(),
      gpus: [...gpus],
      host: readHost().state,
      ...capacity.state(),
      backends: watch.states(),
      release: releases.state(),
      alerts: health.list(),
      history: { problem: history.problem() },
    };
  };
  const encodedHistory = (sinceSeq: number, windowMs: number) =>
    encodeHistory(history.recent.since(sinceSeq, windowMs), sampler.latest().gpus.length);
  const releaseProblem = (actProblem: Problem | null) =>
    replay !== null ? problem("replaying") : backends.length === 0 ? problem("no-backend") : actProblem;
  const makeHello: MakeHello = ({ actProblem, bootId: knownBoot, lastSeq, historyMs }) => {
    const { seq } = sampler.latest();
    const blocked = releaseProblem(actProblem);
    return {
      protocol: PROTOCOL_VERSION,
      bootId,
      version,
      epochMs,
      nowMs: Math.round(sampler.nowMs()),
      seq,
      capabilities: { release: { allowed: blocked === null, problem: blocked } },
      state: currentState(),
      profiles: [...capacity.estimator.profiles()],
      history: encodedHistory(knownBoot === bootId ? lastSeq : 0, historyMs),
    };
  };

  const server = createHttpServer(
    {
      source: sampler.source,
      hello: (actProblem) => makeHello({ actProblem, bootId: undefined, lastSeq: 0, historyMs: 0 }),
      profiles: capacity.estimator.profiles,
      fit: capacity.fit,
      jobs: capacity.jobs,
      release: releases.request,
      findRelease: releases.find,
      cancelRelease: releases.cancel,
      prepareBackend: releases.prepare,
      pastReleases: audit.recent,
      alerts: health,
      history: history.ask,
      replay: replayed.control,
      sessions,
      metrics: composeMetrics({
        disposer,
        version,
        sampler,
        jobs: capacity.jobs,
        releases,
        state: currentState,
        viewers: () => gateway.viewers(),
      }),
    },
    createPages(clientFolder, options.allowOrigin),
    loadAssets([clientFolder, join(clientFolder, "../element")]),
    { basePath: options.basePath, admit, callerOf, version },
  );
  const gateway = createGateway(
    server,
    {
      bootId,
      resume: (sinceSeq, windowMs) => ({
        seq: sampler.latest().seq,
        gpus: [...sampler.latest().gpus],
        history: encodedHistory(sinceSeq, windowMs),
      }),
      release: releases.request,
      cancelRelease: releases.cancel,
      prepareBackend: releases.prepare,
      replay: replayed.control,
      sessions,
      pastReleases: audit.recent,
      alerts: health,
      history: history.ask,
    },
    makeHello,
    watchedChanged,
    { path: `${options.basePath}socket.io`, leastSampleMs: replay === null ? 0 : 100, admit, timings },
  );
  disposer.add(gateway.close);
  disposer.add(sampler.onSample(gateway.sample));
  disposer.add(sampler.onSource(gateway.source));
  disposer.add(
    replayed.tell(sampler, history.recent, () => {
      // Another name of this run: what viewers know is forgotten.
      bootId = randomUUID();
      gateway.greetAll();
    }),
  );
  disposer.add(releases.onRelease(gateway.release));
  disposer.add(watch.onChange(gateway.backends));
  capacity.tell(gateway, releases.onRelease);
  health.tell(gateway);

  let hostTimer: NodeJS.Timeout | undefined;
  disposer.add(() => clearInterval(hostTimer));
  function watchedChanged(watched: boolean) {
    sampler.setWatched(watched);
    watch.setWatched(watched);
    capacity.estimator.setWatched(watched);
    clearInterval(hostTimer);
    if (!watched) return;
    hostTimer = setInterval(() => gateway.host(readHost().state), timings.panel.hostIntervalMs);
  }

  return { server, token, sourceKind: choice.kind, close: disposer.close };
}
