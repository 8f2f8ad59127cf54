import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ActsOn } from "../../../../server/actions/acts-on.ts";
import type { Viewer } from "../../../../server/actions/asker.ts";
import { ACTIONS } from "../../../../server/actions/table.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import type { Reply } from "../../../../shared/protocol/reply.ts";
import { listen, shut } from "../../../helpers/listen.ts";

const reached: string[] = [];
function reach(name: string): never {
  reached.push(name);
  throw new Error(`${name} was reached`);
}

/** A sidecar that notes whatever is asked of it. */
const untouchable: ActsOn = {
  version: "test",
  prove: () => reach("prove"),
  registerBackend: () => reach("registerBackend"),
  found: {
    adopt: () => reach("found.adopt"),
    dismiss: () => reach("found.dismiss"),
    forget: () => reach("found.forget"),
    lookAgain: () => reach("found.lookAgain"),
  },
  leases: { begin: () => reach("leases.begin"), beatMs: 5000 },
  bootId: () => reach("bootId"),
  source: () => reach("source"),
  group: () => reach("group"),
  groupOverview: () => reach("groupOverview"),
  elsewhere: {
    isOther: () => reach("elsewhere.isOther"),
    release: () => reach("elsewhere.release"),
    findRelease: () => reach("elsewhere.findRelease"),
    cancelRelease: () => reach("elsewhere.cancelRelease"),
    requestJob: () => reach("elsewhere.requestJob"),
    ofJob: () => reach("elsewhere.ofJob"),
    fitAnywhere: () => reach("elsewhere.fitAnywhere"),
  },
  hello: () => reach("hello"),
  retrySource: () => reach("retrySource"),
  resume: () => reach("resume"),
  profiles: () => reach("profiles"),
  fit: () => reach("fit"),
  limit: () => reach("limit"),
  adviseOn: () => reach("adviseOn"),
  takeFigure: () => reach("takeFigure"),
  whatIf: () => reach("whatIf"),
  jobs: {
    list: () => reach("jobs.list"),
    request: () => reach("jobs.request"),
    heartbeat: () => reach("jobs.heartbeat"),
    finish: () => reach("jobs.finish"),
    whenStarted: () => reach("jobs.whenStarted"),
  },
  alerts: {
    all: () => reach("alerts.all"),
    acknowledge: () => reach("alerts.acknowledge"),
    mute: () => reach("alerts.mute"),
    test: () => reach("alerts.test"),
  },
  release: () => reach("release"),
  findRelease: () => reach("findRelease"),
  cancelRelease: () => reach("cancelRelease"),
  loadBackend: () => reach("loadBackend"),
  handover: {
    postpone: () => reach("handover.postpone"),
    hold: () => reach("handover.hold"),
    endHold: () => reach("handover.endHold"),
    settings: {
      setup: () => reach("handover.settings.setup"),
      set: () => reach("handover.settings.set"),
    },
  },
  pastReleases: () => reach("pastReleases"),
  history: () => reach("history"),
  metrics: () => reach("metrics"),
  sessions: {
    list: () => reach("sessions.list"),
    start: () => reach("sessions.start"),
    stop: () => reach("sessions.stop"),
    remove: () => reach("sessions.remove"),
  },
  replay: () => reach("replay"),
};

const actProblem = problem("wrong-token");
const stranger: Viewer = {
  address: "10.0.0.9",
  actProblem,
  ownBackend: undefined,
  directPort: null,
  gone: () => new AbortController().signal,
  historyMs: 0,
  wantHistory() {},
  setWatching() {},
};

/** Requests and messages of the actions whose right depends on what is asked for. */
const START = { query: "?profile=a&intent=start", message: { action: "start", label: "mine" } };

const acting = ACTIONS.filter(({ may }) => may !== "see");
/** What the visitors of an app may: release it, and load it again. */
const OF_AN_APP = ["release", "cancel-release", "load-backend", "prepare-backend"];
const routes = acting.flatMap(({ may, route }) => (route === null ? [] : [{ may, route }]));
const events = acting.flatMap(({ may, event }) => (event === null ? [] : [{ may, event }]));

describe("who may not act", () => {
  let port: number;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://sidecar");
    const found = routes.find(
      ({ route }) => route.method === request.method && route.path.test(url.pathname.slice(1)),
    );
    const id = found?.route.path.exec(url.pathname.slice(1))?.[1] ?? "";
    found?.route
      .handle({ request, response, url, id, actProblem }, untouchable)
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  beforeAll(async () => {
    port = await listen(server);
  });
  afterAll(() => shut(server));

  test.each(routes)(
    "SEC-12 is refused $route.method $route.describe.path, whatever is sent",
    async ({ may, route }) => {
      const path = route.describe.path.replace("{id}", "one") + (may === "depends" ? START.query : "");
      const answer = await fetch(new URL(path, `http://127.0.0.1:${port}`), { method: route.method });
      expect([answer.status, (await answer.json()).code]).toEqual([403, "wrong-token"]);
      expect(reached).toEqual([]);
    },
  );

  test.each(events)("SEC-12 is refused the event $event.name, whatever is sent", ({ may, event }) => {
    const replies: unknown[] = [];
    const message = may === "depends" ? START.message : { nonsense: true };
    const ack = (reply: Reply<unknown>) => replies.push(reply);
    event.answer(untouchable, stranger, event.schema === null ? [ack] : [message, ack]);
    expect(replies).toMatchObject([{ ok: false, code: "wrong-token" }]);
    expect(reached).toEqual([]);
  });
});

describe("a page that is confined to its app", () => {
  const visitor: Viewer = { ...stranger, actProblem: null, ownBackend: "http-2" };

  test.each(events)("SEC-13 changes nothing of the machine's owner by $event.name", ({ may, event }) => {
    if (OF_AN_APP.includes(event.name)) return expect(may).toBe("release");
    const replies: unknown[] = [];
    const message = may === "depends" ? START.message : { nonsense: true };
    const ack = (reply: Reply<unknown>) => replies.push(reply);
    event.answer(untouchable, visitor, event.schema === null ? [ack] : [message, ack]);
    expect(replies).toMatchObject([{ ok: false, code: "not-allowed" }]);
    expect(reached).toEqual([]);
  });

  test("SEC-13 may release its own app alone", () => {
    const release = events.find(({ event }) => event.name === "release")?.event;
    const replies: unknown[] = [];
    const wish = { requestId: "1", bootId: "b", mode: "now", backend: "http-1" };
    release?.answer(untouchable, visitor, [wish, (reply: unknown) => replies.push(reply)]);
    expect(replies).toMatchObject([{ ok: false, code: "not-allowed" }]);
    expect(reached).toEqual([]);
  });
});

test("an event without an acknowledgement, or with nothing at all, is survived", () => {
  for (const { event } of ACTIONS) {
    if (event === null || event.schema === null) continue;
    event.answer(untouchable, stranger, []);
    event.answer(untouchable, stranger, ["nonsense", "no function"]);
  }
  expect(reached).toEqual([]);
});
