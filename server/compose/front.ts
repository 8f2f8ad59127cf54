import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";
import { titleFigures } from "../../shared/capacity/title-figures.ts";
import { encodeHistory } from "../../shared/history/codec.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ReplayDemand } from "../../shared/protocol/replay.ts";
import type { State } from "../../shared/protocol/state.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { viewOf } from "../../shared/protocol/view.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import type { Options } from "../config/options.ts";
import type { Admit } from "../gateway/admit.ts";
import { callerOf } from "../gateway/caller.ts";
import { createGateway, type Gateway, type MakeHello } from "../gateway/gateway.ts";
import { createPublisher, type Publisher } from "../gateway/publisher.ts";
import { createViewers } from "../gateway/viewers.ts";
import { loadAssets } from "../http/assets.ts";
import { serveHttp } from "../http/http-server.ts";
import { createPages } from "../http/pages.ts";
import { steadyMs, type Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { mostViewers } from "../lib/open-files.ts";
import { createTally, type Tally } from "../recording/prometheus/tally.ts";
import type { Sessions } from "../recording/sessions/sessions.ts";
import type { Audit } from "../release/audit.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { ReleaseController } from "../release/controller.ts";
import type { HostReading } from "../sampling/host.ts";
import type { ReplaySource } from "../sampling/replay/replay-source.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";
import type { CapacityArea } from "./capacity.ts";
import type { HealthArea } from "./health.ts";
import type { HistoryParts } from "./history.ts";
import { composeMetrics } from "./metrics.ts";
import { controlReplay } from "./replay.ts";

export interface FrontParts {
  disposer: Disposer;
  sampler: Sampler;
  complain(message: string): void;
  version: string;
  clientFolder: string;
  admit: Admit;
  replay: ReplaySource | null;
  time: Time;
  readHost(): HostReading;
  timings: Timings;
  history: HistoryParts;
  capacity: CapacityArea;
  watch: BackendWatch;
  releases: ReleaseController;
  audit: Audit;
  health: HealthArea;
  sessions: Sessions;
  hasBackends: boolean;
  /** Those of capacity, or what records their decisions. */
  jobs: ActsOn["jobs"];
  /** Listening already, or not yet. */
  server: Server;
}

/** What the world sees of the sidecar. */
export interface Front {
  server: Server;
  gateway: Gateway;
  publisher: Publisher;
  tally: Tally;
  /** Another name of this run: what viewers know is of another moment. */
  beginAnew(): void;
}

/** HTTP, the socket, and who watches by it. */
export function composeFront(options: Pick<Options, "basePath" | "allowOrigin">, parts: FrontParts): Front {
  const { disposer, sampler, version, clientFolder, admit, replay, readHost, timings } = parts;
  const { history, capacity, watch, releases, health, sessions, server } = parts;
  let bootId = randomUUID();
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
    const missing = parts.hasBackends ? actProblem : problem("no-backend");
    const blocked = replay !== null ? problem("replaying") : missing;
    return {
      protocol: PROTOCOL_VERSION,
      bootId,
      version,
      epochMs: parts.time.epochMs(),
      nowMs: Math.round(sampler.nowMs()),
      seq: sampler.latest().seq,
      capabilities: { release: { allowed: blocked === null, problem: blocked } },
      state: currentState(),
      profiles: [...capacity.profiles()],
      history: past(knownBoot === bootId ? lastSeq : 0, historyMs),
    };
  };
  const noteRefusal = tellOnce(parts.complain);
  const viewers = createViewers(mostViewers(), (watched) => {
    sampler.setWatched(watched);
    watch.setWatched(watched);
  });
  const publisher = createPublisher({
    ...viewers,
    title() {
      const { promises, fits } = capacity.state();
      return titleFigures(sampler.latest().gpus, promises, fits, capacity.profiles());
    },
    view: () => viewOf({ ...currentState(), profiles: capacity.profiles() }),
    nowMs: steadyMs,
    timings: timings.panel,
  });
  disposer.add(publisher.close);
  const tally = createTally();
  const actsOn: ActsOn = {
    bootId: () => bootId,
    source: sampler.source,
    hello: (actProblem) => makeHello({ actProblem, bootId: undefined, lastSeq: 0, historyMs: 0 }),
    resume: (sinceSeq, windowMs) => ({
      seq: sampler.latest().seq,
      gpus: [...sampler.latest().gpus],
      history: past(sinceSeq, windowMs),
    }),
    profiles: capacity.profiles,
    fit: capacity.fit,
    adviseOn: capacity.adviseOn,
    jobs: parts.jobs,
    findRelease: releases.find,
    metrics: composeMetrics(tally, { version, sampler, state: currentState, viewers: viewers.count }),
    release: releases.request,
    cancelRelease: releases.cancel,
    prepareBackend: releases.prepare,
    pastReleases: parts.audit.recent,
    alerts: health,
    history: history.ask,
    replay: (demand: ReplayDemand) => controlReplay(replay, demand),
    sessions,
  };
  serveHttp(
    server,
    actsOn,
    createPages(clientFolder, options.allowOrigin),
    loadAssets([clientFolder, join(clientFolder, "../element")]),
    { basePath: options.basePath, admit, callerOf, version, noteRefusal },
  );
  const gateway = createGateway(
    server,
    actsOn,
    { makeHello, viewers, publisher },
    {
      path: `${options.basePath}socket.io`,
      leastSampleMs: replay === null ? 0 : 100,
      admit,
      timings,
      noteRefusal,
    },
  );
  disposer.add(gateway.close);
  const beginAnew = () => {
    bootId = randomUUID();
  };
  return {
    ...{ server, publisher, tally, beginAnew },
    gateway: {
      ...gateway,
      sample(sample) {
        if (!parts.time.jumped()) return gateway.sample(sample);
        // What viewers know and what is kept is stamped by a clock that was wrong, or stood still.
        capacity.clockSet();
        beginAnew();
        gateway.greetAll();
      },
    },
  };
}

/** So many different ones are told: what is refused comes from outside. */
const MOST_TOLD = 20;

/** Says a problem in the terminal, each once. */
function tellOnce(complain: (message: string) => void): (problem: Problem) => void {
  const told = new Set<string>();
  return ({ message, advice }) => {
    if (told.has(message) || told.size >= MOST_TOLD) return;
    told.add(message);
    // What came in a header must not move the terminal's cursor.
    complain(`${message} ${advice}`.replace(/\p{Cc}/gu, "?").slice(0, 500));
  };
}
