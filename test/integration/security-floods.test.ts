import { describe, expect, test } from "vitest";
import {
  ask,
  attackedRigs,
  openPolling,
  openRaw,
  postRelease,
  send,
  sendAndWait,
} from "../helpers/attack.ts";
import type { PanelClient } from "../helpers/panel-client.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { start } = attackedRigs();

describe("floods", () => {
  test.each(["websocket", "polling"] as const)(
    "SEC-4 a socket that sends too many events is told so, and disconnected when it goes on, by %s",
    async (transport) => {
      const { connect } = await start({ own: true });
      const bystander = connect();
      await bystander.hello();
      const panel = connect({ transports: [transport] });
      const { bootId } = await panel.hello();
      const demand = { requestId: "x", bootId: `not ${bootId}`, mode: "auto" };
      const replies = await Promise.all(
        Array.from({ length: 30 }, () => sendAndWait(panel, "release", demand)),
      );
      expect(replies[0]).toMatchObject({ ok: false, code: "sidecar-restarted" });
      // One a second is let through all the time: on a busy machine the last may be such a one.
      expect(replies).toContainEqual(
        expect.objectContaining({
          ok: false,
          code: "too-many-requests",
          params: { seconds: expect.any(Number) },
        }),
      );
      expect(panel.socket.connected).toBe(true);
      await waitUntil(
        () => {
          for (let i = 0; i < 50; i++) send(panel, "no such event", i);
          return !panel.socket.connected;
        },
        { what: "the end of the connection" },
      );
      expect(await bystander.socket.emitWithAck("unwatch")).toMatchObject({ ok: true });
    },
  );

  test("SEC-4 requests that act are limited, with or without leave, and reading is not", async () => {
    const { sidecar } = await start({ own: true, flags: ["--token", "a token that is long enough"] });
    const statuses = new Set<number | undefined>();
    /** In batches, until one is refused: connections at once have a bound of their own, and 20 a second are allowed. */
    const untilRefused = (attack: () => ReturnType<typeof ask>) =>
      waitUntil(
        async () => {
          const answers = await Promise.all(Array.from({ length: 100 }, attack));
          for (const { status } of answers) statuses.add(status);
          return answers.find(({ status }) => status === 429);
        },
        { what: () => `a refusal among ${[...statuses].join(", ")}` },
      );
    await untilRefused(() => postRelease(sidecar.url));
    expect(statuses).toEqual(new Set([403, 429]));
    const refused = await untilRefused(() => ask(sidecar.url, { method: "DELETE", path: "/nothing/at/all" }));
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    const read = new Set<number | undefined>();
    // Not all at once: a busy machine would send some later than the sidecar waits for a request.
    for (let batch = 0; batch < 10; batch++) {
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => ask(sidecar.url, { path: "/api/v1/state" })),
      );
      for (const { status } of answers) read.add(status);
    }
    expect(read).toEqual(new Set([200]));
  });

  test("SEC-4 a flood of connections is cut off at a bound, and those who watch go on watching", async () => {
    const { sidecar, connect } = await start({ own: true });
    const viewers: PanelClient[] = [];
    // One group after the other: it is not their arrival that is the flood.
    while (viewers.length < 100) {
      const group = Array.from({ length: 10 }, () => connect({ auth: { historyMs: 0 } }));
      await Promise.all(group.map((viewer) => viewer.hello()));
      viewers.push(...group);
    }
    const raws = Array.from({ length: 700 }, () => openRaw(sidecar.url));
    let refused = 0;
    for (const raw of raws) void raw.closed.then(() => refused++);
    await waitUntil(() => refused > 0, { what: "the bound" });
    const seen = viewers.map((viewer) => viewer.samples.length);
    await waitUntil(() => viewers.every((viewer, i) => viewer.samples.length > (seen[i] ?? 0)), {
      what: "samples",
    });
    for (const raw of raws) raw.socket.destroy();
  });

  test("SEC-5 who sends its request slowly, or a handshake and no hello, is cut off", async () => {
    const { sidecar } = await start({
      timings: (scaled) => ({
        ...scaled,
        http: { ...scaled.http, headersMs: 1000, requestMs: 1500, lookMs: 200 },
        patience: { ...scaled.patience, helloMs: 1500 },
      }),
    });
    const headers = openRaw(sidecar.url);
    headers.socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const body = openRaw(sidecar.url);
    body.socket.write(
      "POST /api/v1/release HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{",
    );
    const slowly = setInterval(() => {
      if (!headers.socket.destroyed) headers.socket.write("x");
      if (!body.socket.destroyed) body.socket.write(" ");
    }, 200);
    const silent = await openPolling(sidecar.url);
    const [slowHeaders, slowBody, noHello] = await Promise.all([
      headers.closed,
      body.closed,
      ask(sidecar.url, { path: silent }),
    ]);
    clearInterval(slowly);
    expect(slowHeaders).toContain("408 Request Timeout");
    expect(slowBody).not.toContain(" 202 ");
    // "1": closed by the sidecar.
    expect(noHello.body).toBe("1");
    expect((await ask(sidecar.url, { path: silent })).status).toBe(400);
  });
});
