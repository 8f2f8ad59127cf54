import type { Server } from "node:http";
import type { Job } from "../shared/jobs/job.ts";
import { policyFor } from "./capacity/policy-for.ts";
import { composeAuthority } from "./compose/authority.ts";
import { composeBackends } from "./compose/backends.ts";
import { composeCapacity } from "./compose/capacity.ts";
import { composeHold, createWarnings } from "./compose/data.ts";
import { composeFront } from "./compose/front.ts";
import { composeHandover } from "./compose/handover.ts";
import { composeHealth, type HealthArea } from "./compose/health.ts";
import { composeHistory } from "./compose/history.ts";
import { composeHosts } from "./compose/hosts.ts";
import { composeRecords } from "./compose/records.ts";
import { composeReleases } from "./compose/releases.ts";
import { composeReplay } from "./compose/replay.ts";
import { composeSampler, composeSource, scratchFolder, tellOfTrouble } from "./compose/source.ts";
import { dataFolder } from "./config/data-folder.ts";
import type { Options } from "./config/options.ts";
import { createBareServer } from "./http/http-server.ts";
import type { Jobs } from "./jobs/jobs.ts";
import { createTime } from "./lib/clock.ts";
import { createDisposer, type Disposer } from "./lib/disposer.ts";
import { chooseProfiles } from "./profiles/profiles.ts";
import type { BackendList } from "./release/backend-list.ts";
import type { BackendWatch } from "./release/backend-watch.ts";
import type { ReleaseController } from "./release/controller.ts";
import { createProcessOwners } from "./release/owners/process-owners.ts";
import { chooseSource } from "./sampling/choose-source.ts";
import { createHostWatch } from "./sampling/host-watch.ts";
import type { Timings } from "./timings.ts";
import { createTurn, type Turn } from "./turn.ts";

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
  /** Called when no host has held a lease for a while; without it the sidecar goes on. */
  whenUnleased?: () => void;
  /** How many times faster the rules' own times pass; more than 1 in tests alone. */
  timeScale?: number;
}

/** A running sidecar: everything wired, sampling begun. It listens only where its server did before. */
export interface Sidecar {
  readonly server: Server;
  /** Needed to act; `null`: there is none, and only those on this machine may who come through no proxy. */
  readonly token: string | null;
  readonly sourceKind: "nvidia-smi" | "demo" | "replay" | "none";
  /** Ends everything that was started, children included. Idempotent. */
  close(): Promise<void>;
}

/** What parts say in the terminal themselves, where it can be said more exactly. */
const SAID_THERE = ["log-stopped", "folder-held", "data-newer", "data-not-kept", "alerts-not-sent"];

/** Composition root: builds, wires and owns the parts; only it, `compose/` and the turn join the server's folders. */
export function createSidecar(options: Options, surroundings: SidecarSurroundings): Sidecar {
  const { clientFolder, version, env, bound, mounted = false, whenUnleased } = surroundings;
  const { complain, timings, timeScale = 1 } = surroundings;
  const disposer = createDisposer();
  const { admit, token, prove } = composeAuthority(options, { mounted, url: bound?.url ?? null });
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
  const { source, list, replay } = composeSource(choice, options, env, timings);
  const { all: backends } = list;
  const replayed = composeReplay();
  const owners = createProcessOwners(backends);
  const sampler = composeSampler(source, options, choice, { owners, timings });
  disposer.add(sampler.close);
  const time = createTime(sampler.nowMs, isReplay);
  const { startMs: epochMs } = time;
  const readHost = createHostWatch(timings.sampling.hostFreshMs);
  const warnings = createWarnings(sampler.warn);
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
  const server = bound?.server ?? createBareServer(timings.http);
  const { watch, audit, keptBy, found } = composeBackends(options, {
    ...{ ...common, kind: choice.kind, list, owners, server },
    jobs: () => jobs,
  });
  const { releases, measured } = composeReleases(options, { sampler, watch, backends, owners, timings });
  // Closed before the audit: a release that the end breaks off is kept, too.
  disposer.add(releases.close);
  const handover = composeHandover(options, {
    ...{ ...common, watch, backends, releases, audit, time, timeScale, isDemo },
  });
  const capacity = composeCapacity({
    ...common,
    ...{ watch, profiles, profile, isDemo, time, handover },
    policy: policyFor(options, profiles, timeScale),
    isStandIn: choice.kind === "demo" && choice.reason === "no-nvidia-smi",
    readHost: () => readHost().state,
  });
  const health = composeHealth(options, choice, env, {
    ...{ ...common, watch, jobs: capacity.jobs, releases, time, readHost, warnings },
  });
  const { decisions, logs, ...records } = composeRecords(options, {
    ...{ ...common, capacity, time, version },
    ...{ warnings, keeps: [audit.log, health.log] },
    ...{ demo: isDemo, replaying: isReplay, hostName: readHost().state.name },
    intervalMs: () => replayed.intervalMs() ?? options.interval,
  });
  const hosts = composeHosts(disposer, { list, timings, isReplay, whenUnleased });
  const front = composeFront(options, {
    ...{ ...common, version, clientFolder, admit, prove, replay, time, readHost, url: bound?.url ?? null },
    ...{ history, capacity, watch, releases, handover, audit, health, ...records, backends, hosts, found },
    server,
    jobs: decisions?.jobs ?? capacity.told,
    fit: decisions?.fit ?? capacity.fit,
  });
  const turn = createTurn({
    ...{ history, decisions, capacity, watch, keptBy, found, ...records, logs, health, measured, audit },
    ...front,
    ...{ replayed, leavesBy: releases.leavesBy, latest: sampler.latest },
    remember(list) {
      jobs = list;
    },
    complainOf: tellOfTrouble(SAID_THERE, complain),
  });
  followChanges(turn, disposer, { ...capacity, watch, releases, health });
  disposer.add(found.finder.onChange(turn.foundChanged));
  disposer.add(handover.onChange(turn.handoverChanged));
  followBackends(list, watch, front.gateway.greetAll);
  sampler.start(turn);
  health.start();
  return { server: front.server, token, sourceKind: choice.kind, close: disposer.close };
}

/** Hosts come and go with their hooks. */
function followBackends(list: BackendList, watch: Pick<BackendWatch, "listChanged">, greetAll: () => void) {
  let had = list.all.length > 0;
  list.onChange(() => {
    watch.listChanged();
    const has = list.all.length > 0;
    // Whether there is anything to release is told in the greeting.
    if (had !== has) greetAll();
    had = has;
  });
}

/** What happens between two samples. */
function followChanges(
  turn: Turn,
  disposer: Disposer,
  {
    jobs,
    told,
    watch,
    releases,
    health,
  }: {
    jobs: Pick<Jobs, "onChange" | "onEnd">;
    told: Pick<Jobs, "onEnd">;
    watch: Pick<BackendWatch, "onChange">;
    releases: Pick<ReleaseController, "onRelease">;
    health: Pick<HealthArea, "onChange" | "jobEnded">;
  },
) {
  disposer.add(jobs.onChange(turn.jobsChanged));
  disposer.add(jobs.onEnd(health.jobEnded));
  disposer.add(told.onEnd(turn.jobEnded));
  disposer.add(watch.onChange(turn.backendsChanged));
  // For as long as the parts live: a release that the end breaks off is told, too.
  releases.onRelease(turn.release);
  disposer.add(health.onChange(turn.alertsChanged));
  turn.jobsChanged();
}
