import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";
import type { Problem } from "../../shared/problems/problem.ts";
import { titleFigures } from "../../shared/protocol/title-figures.ts";
import { viewOf } from "../../shared/protocol/view.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import type { Options } from "../config/options.ts";
import type { Admit } from "../gateway/admit.ts";
import { callerOf } from "../gateway/caller.ts";
import { createGateway, type Gateway, type MakeHello } from "../gateway/gateway.ts";
import { createPublisher, type Publisher } from "../gateway/publisher.ts";
import { createViewers } from "../gateway/viewers.ts";
import { createOverviews } from "../group/overviews.ts";
import { loadAssets } from "../http/assets.ts";
import { serveHttp } from "../http/http-server.ts";
import { createPages } from "../http/pages.ts";
import { steadyMs, wallMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { mostViewers } from "../lib/open-files.ts";
import { createTally, type Tally } from "../recording/prometheus/tally.ts";
import type { Sessions } from "../recording/sessions/sessions.ts";
import type { Audit } from "../release/audit.ts";
import type { Timings } from "../timings.ts";
import type { FoundArea } from "./found.ts";
import { composeElsewhere, composeGroup } from "./group.ts";
import { composeHello, type HelloMaker, type HelloParts } from "./hello.ts";
import type { HostsArea } from "./hosts.ts";
import { composeMetrics } from "./metrics.ts";
import { controlReplay } from "./replay.ts";

export interface FrontParts extends HelloParts {
  found: FoundArea;
  disposer: Disposer;
  complain(message: string): void;
  clientFolder: string;
  admit: Admit;
  timings: Timings;
  audit: Audit;
  sessions: Sessions;
  /** Hooks that hosts have registered, and who holds a lease. */
  hosts: HostsArea;
  /** Shows that this sidecar knows its token. */
  prove: ActsOn["prove"];
  /** Those of capacity, or the same with their decisions recorded. */
  jobs: ActsOn["jobs"];
  fit: ActsOn["fit"];
  whatIf: ActsOn["whatIf"];
  /** Where this panel is found; `null`: on a host's server. */
  url: string | null;
  /** Listening already, or not yet. */
  server: Server;
}

/** What the world sees of the sidecar. */
export interface Front {
  server: Server;
  gateway: Gateway;
  publisher: Publisher;
  tally: Tally;
  /** Gives this run another name, since what viewers know is of another moment. */
  beginAnew(): void;
}

/** HTTP, the socket, and who watches by it. */
export function composeFront(options: Options, parts: FrontParts): Front {
  const { disposer, sampler, version, clientFolder, admit, replay, timings, capacity, watch, server } = parts;
  let bootId = randomUUID();
  const { currentState, past, makeHello: helloOfOwn } = composeHello(parts, () => bootId);
  const group = composeGroup(options, { ...parts, state: currentState });
  const makeHello: MakeHello = (viewer) => {
    const hello = helloOfOwn(viewer);
    // Of 64 hosts the states are a megabyte and a half, and the panel draws none of them: they are there for who asks.
    return group.name === null
      ? hello
      : { ...hello, hosts: group.view().hosts.map((host) => ({ ...host, state: null })) };
  };
  const noteRefusal = tellOnce(parts.complain);
  const viewers = createViewers(mostViewers(), (watched) => {
    sampler.setWatched(watched);
    watch.setWatched(watched);
    parts.found.finder.setWatched(watched);
  });
  const publisher = createPublisher({
    ...viewers,
    title() {
      const { promises, fits } = capacity.state();
      return titleFigures(sampler.latest().gpus, promises, fits, capacity.profiles());
    },
    view: () => viewOf({ ...currentState(), profiles: capacity.profiles() }),
    others: group.turns,
    nowMs: steadyMs,
    timings: timings.panel,
  });
  disposer.add(publisher.close);
  const tally = createTally();
  const actsOn = composeActions(parts, {
    bootId: () => bootId,
    group: group.view,
    groupOverview: createOverviews({ view: group.view, nowMs: steadyMs, wallMs }).answer,
    elsewhere: composeElsewhere(group, parts),
    hello: ({ actProblem, ownBackend }) =>
      makeHello({ actProblem, ownBackend, bootId: undefined, lastSeq: 0, historyMs: 0 }),
    past,
    metrics: composeMetrics(tally, { version, sampler, state: currentState, viewers: viewers.count }),
  });
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
        // Viewers and records have times of a clock that was wrong, or stood still.
        capacity.clockSet();
        beginAnew();
        gateway.greetAll();
      },
    },
  };
}

/** What actions may ask of the parts. */
function composeActions(
  { sampler, capacity, releases, health, history, replay, sessions, ...parts }: FrontParts,
  {
    past,
    ...told
  }: Pick<ActsOn, "bootId" | "hello" | "metrics" | "group" | "groupOverview" | "elsewhere"> &
    Pick<HelloMaker, "past">,
): ActsOn {
  return {
    ...told,
    ...{ version: parts.version, prove: parts.prove },
    registerBackend: parts.hosts.hooks.keep,
    found: parts.found,
    leases: { begin: parts.hosts.leases.begin, beatMs: parts.timings.hosts.leaseBeatMs },
    source: sampler.source,
    retrySource: sampler.retry,
    resume: (sinceSeq, windowMs) => ({
      seq: sampler.latest().seq,
      gpus: [...sampler.latest().gpus],
      history: past(sinceSeq, windowMs),
    }),
    profiles: capacity.profiles,
    fit: parts.fit,
    limit: capacity.limit,
    adviseOn: capacity.adviseOn,
    takeFigure: capacity.takeFigure,
    whatIf: parts.whatIf,
    jobs: parts.jobs,
    release: releases.request,
    findRelease: releases.find,
    cancelRelease: releases.cancel,
    loadBackend: releases.load,
    handover: parts.handover,
    pastReleases: parts.audit.recent,
    alerts: health,
    history: history.ask,
    replay: (demand) => controlReplay(replay, demand),
    sessions,
  };
}

/** How many different ones are said: refusals come from outside, and must not fill the terminal. */
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
