import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";
import type { Job } from "../shared/capacity/job.ts";
import { encodeHistory } from "../shared/history/codec.ts";
import { problem } from "../shared/problems/make-problem.ts";
import type { ReplayDemand } from "../shared/protocol/replay.ts";
import type { State } from "../shared/protocol/state.ts";
import { PROTOCOL_VERSION } from "../shared/protocol/version.ts";
import { viewOf } from "../shared/protocol/view.ts";
import { mergeProfiles } from "./capacity/profiles.ts";
import { composeAuthority } from "./compose/authority.ts";
import { composeCapacity } from "./compose/capacity.ts";
import { composeHold, createWarnings, followData } from "./compose/data.ts";
import { composeDecisions } from "./compose/decisions.ts";
import { composeHealth } from "./compose/health.ts";
import { composeHistory } from "./compose/history.ts";
import { composeLogs } from "./compose/logs.ts";
import { composeMetrics } from "./compose/metrics.ts";
import { composeReleases } from "./compose/releases.ts";
import { composeReplay, controlReplay } from "./compose/replay.ts";
import { composeSessions } from "./compose/sessions.ts";
import { composeSource, scratchFolder, tellOfTrouble } from "./compose/source.ts";
import { dataFolder } from "./config/data-folder.ts";
import type { Options } from "./config/options.ts";
import { callerOf } from "./gateway/caller.ts";
import { createGateway, type MakeHello } from "./gateway/gateway.ts";
import { mostViewers } from "./gateway/most-viewers.ts";
import { createPublisher } from "./gateway/publisher.ts";
import { createViewers } from "./gateway/viewers.ts";
import { loadAssets } from "./http/assets.ts";
import { createBareServer, serveHttp } from "./http/http-server.ts";
import { createPages } from "./http/pages.ts";
import { createDisposer } from "./lib/disposer.ts";
import { createTally } from "./recording/prometheus/tally.ts";
import { createAudit } from "./release/audit.ts";
import { createBackendWatch } from "./release/backend-watch.ts";
import { createMarkedWork } from "./release/marked-work.ts";
import { createProcessOwners } from "./release/owners/process-owners.ts";
import { chooseSource } from "./sampling/choose-source.ts";
import { isWsl } from "./sampling/host.ts";
import { createHostWatch } from "./sampling/host-watch.ts";
import { createSampler } from "./sampling/sampler.ts";
import type { Timings } from "./timings.ts";
import { createTurn } from "./turn.ts";

/** What the sidecar needs from the program around it. */
export interface SidecarSurroundings {
  /** Folder of the built pages. */
  clientFolder: string;
  version: string;
  env: NodeJS.ProcessEnv;
  /** A server that listens already, and where it is found; otherwise one is made that does not listen. */
  bound?: { server: Server; url: string };
  /** On a host's server, which may be bound to anything: only direct callers on this machine act without a token. */
  mounted?: boolean;
  /** Tells the one who started the sidecar what does not work, though it goes on. */
  complain(message: string): void;
  /** How long the product waits. */
  timings: Timings;
}

/** A running sidecar: everything wired, sampling begun. It listens only where its server did before. */
export interface Sidecar {
  readonly server: Server;
  /** Needed to act; `null`: there is none, and only those on this machine may who come through no proxy. */
  readonly token: string | null;
  readonly sourceKind: "nvidia-smi" | "demo" | "replay";
  /** Ends everything that was started, children included. Idempotent. */
  close(): Promise<void>;
}

/** Composition root: builds, wires and owns the parts; only it, `compose/` and the turn join the server's folders. */
export function createSidecar(
  options: Options,
  { clientFolder, version, env, bound, mounted = false, complain, timings }: SidecarSurroundings,
): Sidecar {
  const disposer = createDisposer();
  let bootId = randomUUID();
  const { admit, token } = composeAuthority(options, mounted);
  const { profiles, profile } = chooseProfiles(options);
  const choice = chooseSource(options, env);
  const isReplay = choice.kind === "replay";
  const isDemo = choice.kind === "demo";
  const folder = isReplay ? scratchFolder(disposer) : (options.dataDir ?? dataFolder(env));
  const hold = composeHold({
    disposer,
    folder,
    kind: isReplay ? null : isDemo ? "demo" : "real",
    url: bound?.url ?? null,
    complain,
  });
  const { source, backends, replay } = composeSource(choice, options, env, timings);
  const replayed = composeReplay();
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
  // The time of a recording is its own, counted from 1970.
  const epochMs = replay === null ? Date.now() - Math.round(sampler.nowMs()) : 0;
  const nowMs = () => epochMs + sampler.nowMs();
  const readHost = createHostWatch(timings.sampling.hostFreshMs);
  const common = { disposer, sampler, folder, hold, complain, timings };
  const history = composeHistory({
    ...common,
    demo: isDemo,
    intervalMs: options.interval,
    writeIntervalMs: options.historyInterval,
    epochMs,
    recorded: replay === null ? undefined : replayed,
  });
  replay?.beforePlay((...read) => replayed.fill(history.archive, ...read));

  let jobs: readonly Job[] = [];
  const marked = createMarkedWork(
    () => jobs,
    () => sampler.latest().gpus,
  );
  const watch = createBackendWatch(backends, options.backendInterval, marked.runsIn);
  disposer.add(watch.close);
  const audit = createAudit(isDemo ? join(folder, "demo") : folder, complain, hold);
  const { releases, measured } = composeReleases(options, { sampler, watch, backends, owners, timings });
  // Closed before the audit: a release that the end breaks off is kept, too.
  disposer.add(releases.close);
  const capacity = composeCapacity({
    ...common,
    watch,
    profiles,
    profile,
    reserve: options.reserve,
    isWsl: choice.kind === "nvidia-smi" && isWsl(),
    isDemo,
    epochMs,
    readHost: () => readHost().state,
  });
  const health = composeHealth(options, choice, env, {
    ...common,
    watch,
    jobs: capacity.jobs,
    releases,
    nowMs,
    readHost,
  });
  const sessions = composeSessions({
    disposer,
    database: capacity.database,
    timings,
    intervalMs: () => replayed.intervalMs() ?? options.interval,
    nowMs,
  });
  const decisions = isReplay
    ? null
    : composeDecisions({
        ...common,
        demo: isDemo,
        limits: options.decisions,
        writeIntervalMs: options.historyInterval,
        version,
        jobs: capacity.jobs,
        nowMs,
      });
  const warnings = createWarnings(sampler.warn);
  followData({
    disposer,
    hold,
    database: capacity.database,
    retryMs: options.historyInterval,
    show: (trouble) => warnings.set("data", trouble),
  });
  const logs = composeLogs(options, {
    ...common,
    warn: (trouble) => warnings.set("log", trouble),
    replaying: replay !== null,
    hostName: readHost().state.name,
    version,
  });
  const currentState = (): State => ({
    source: sampler.source(),
    gpus: [...sampler.latest().gpus],
    host: readHost().state,
    ...capacity.state(),
    backends: watch.states(),
    release: releases.state(),
    alerts: health.list(),
    history: { problem: history.problem() },
  });
  const past = (sinceSeq: number, windowMs: number) =>
    encodeHistory(history.recent.since(sinceSeq, windowMs), sampler.latest().gpus.length);
  const makeHello: MakeHello = ({ actProblem, bootId: knownBoot, lastSeq, historyMs }) => {
    const blocked =
      replay !== null ? problem("replaying") : backends.length === 0 ? problem("no-backend") : actProblem;
    return {
      protocol: PROTOCOL_VERSION,
      bootId,
      version,
      epochMs,
      nowMs: Math.round(sampler.nowMs()),
      seq: sampler.latest().seq,
      capabilities: { release: { allowed: blocked === null, problem: blocked } },
      state: currentState(),
      profiles: [...capacity.estimator.profiles()],
      history: past(knownBoot === bootId ? lastSeq : 0, historyMs),
    };
  };

  const viewers = createViewers(mostViewers(), (watched) => {
    sampler.setWatched(watched);
    watch.setWatched(watched);
    capacity.estimator.setWatched(watched);
  });
  const publisher = createPublisher({
    ...viewers,
    view: () => viewOf({ ...currentState(), profiles: capacity.estimator.profiles() }),
    nowMs: () => performance.now(),
    timings: timings.panel,
  });
  disposer.add(publisher.close);
  const tally = createTally();
  const actions = {
    release: releases.request,
    cancelRelease: releases.cancel,
    prepareBackend: releases.prepare,
    pastReleases: audit.recent,
    alerts: health,
    history: history.ask,
    replay: (demand: ReplayDemand) => controlReplay(replay, demand),
    sessions,
  };
  const server = bound?.server ?? createBareServer();
  serveHttp(
    server,
    {
      ...actions,
      source: sampler.source,
      hello: (actProblem) => makeHello({ actProblem, bootId: undefined, lastSeq: 0, historyMs: 0 }),
      profiles: capacity.estimator.profiles,
      fit: capacity.fit,
      jobs: decisions?.jobs ?? capacity.jobs,
      findRelease: releases.find,
      metrics: composeMetrics(tally, { version, sampler, state: currentState, viewers: viewers.count }),
    },
    createPages(clientFolder, options.allowOrigin),
    loadAssets([clientFolder, join(clientFolder, "../element")]),
    { basePath: options.basePath, admit, callerOf, version },
  );
  const gateway = createGateway(
    server,
    {
      ...actions,
      bootId,
      resume: (sinceSeq, windowMs) => ({
        seq: sampler.latest().seq,
        gpus: [...sampler.latest().gpus],
        history: past(sinceSeq, windowMs),
      }),
    },
    { makeHello, viewers, publisher },
    { path: `${options.basePath}socket.io`, leastSampleMs: replay === null ? 0 : 100, admit, timings },
  );
  disposer.add(gateway.close);

  const turn = createTurn({
    ...{
      history,
      decisions,
      capacity,
      watch,
      sessions,
      logs,
      tally,
      health,
      measured,
      audit,
      gateway,
      publisher,
    },
    replayed,
    latest: sampler.latest,
    remember(list) {
      jobs = list;
    },
    beginAnew() {
      bootId = randomUUID();
    },
    complainOf: tellOfTrouble(sampler, options.gpus ?? [], complain),
  });
  disposer.add(capacity.jobs.onChange(turn.jobsChanged));
  disposer.add(capacity.jobs.onEnd(turn.jobEnded));
  disposer.add(watch.onChange(turn.backendsChanged));
  disposer.add(releases.onRelease(turn.release));
  disposer.add(health.onChange(turn.alertsChanged));
  turn.jobsChanged();
  sampler.start(turn);
  health.start();
  return { server, token, sourceKind: choice.kind, close: disposer.close };
}

/** The job profiles, and the one that the state's `capacity` is for. */
function chooseProfiles({ profiles: own, profile: wanted }: Pick<Options, "profiles" | "profile">) {
  const profiles = mergeProfiles(own);
  const profile = wanted === undefined ? profiles[0] : profiles.find(({ id }) => id === wanted);
  if (profile === undefined) throw new Error("there is no job profile");
  return { profiles, profile };
}
