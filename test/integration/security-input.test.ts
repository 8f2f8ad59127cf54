import { describe, expect, test } from "vitest";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import {
  ask,
  attackedRigs,
  openPolling,
  openRaw,
  POLLING,
  postRelease,
  send,
  sendAndWait,
} from "../helpers/attack.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { start, end } = attackedRigs();
const release = (url: string, body: string) => postRelease(url, {}, body);

const depth = 8000;
const hostileBodies: [string, string][] = [
  ["half of an object", '{"mode":'],
  ["a bare word", "release"],
  ["null", "null"],
  ["a list", "[]"],
  ["a text", '"now"'],
  ["nested lists", "[".repeat(depth) + "]".repeat(depth)],
  ["__proto__", '{"__proto__":{"mode":"now"}}'],
  ["constructor", '{"constructor":{"prototype":{"mode":"now"}}}'],
  ["__proto__ deep inside", '{"mode":{"__proto__":{"x":1}}}'],
  ["a mode that Object has", '{"mode":"toString"}'],
  ["a backend that Object has", '{"backend":"__proto__"}'],
  ["a GPU that is no number", '{"gpu":"0"}'],
  ["a GPU beyond all numbers", '{"gpu":1e999}'],
  ["NUL", '{"backend":"\\u0000"}\0'],
  ["no UTF-8", "\ud800"],
  ["a lot", JSON.stringify({ backend: "x".repeat(200_000) })],
];

describe("bodies", () => {
  test("SEC-5 hostile bodies are answered with a problem and start nothing", async () => {
    const { sidecar } = await start();
    for (const [name, body] of hostileBodies) {
      const answer = await release(sidecar.url, body);
      expect([name, answer.status]).toEqual([name, expect.toBeOneOf([400, 409, 413])]);
      expect(answer.headers["content-type"]).toContain("application/problem+json");
    }
    const state = JSON.parse((await ask(sidecar.url, { path: "/api/v1/state" })).body);
    expect([state.mode, state.state.release.mode]).toEqual([undefined, null]);
  });

  test("SEC-5 a body without end is answered while it still comes, and is not kept", async () => {
    const { sidecar } = await start();
    const raw = openRaw(sidecar.url);
    raw.socket.write(
      "POST /api/v1/release HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const chunk = `4000\r\n${" ".repeat(0x4000)}\r\n`;
    while (!raw.received().includes("413 Payload Too Large") && !raw.socket.destroyed) {
      await new Promise<void>((resolve) => raw.socket.write(chunk, () => resolve()));
    }
    expect(raw.received()).toContain("larger than 16384 bytes");
    raw.socket.destroy();
  });

  test("SEC-5 two requests in one, conflicting lengths and broken lines are cut off", async () => {
    const { sidecar } = await start();
    const smuggled = "POST /api/v1/release HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const attempts = [
      `${smuggled}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      `${smuggled}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      `${smuggled}Content-Length: -1\r\n\r\n{}`,
      `${smuggled}Transfer-Encoding: xchunked\r\n\r\n{}`,
      "GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
      "GET /healthz HTTP/1.1\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
      "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      `${"G".repeat(70_000)}`,
    ];
    for (const attempt of attempts) {
      const raw = openRaw(sidecar.url);
      raw.socket.write(attempt, "latin1");
      expect(await raw.closed).not.toMatch(/HTTP\/1\.1 2/);
    }
  });
});

describe("addresses", () => {
  const climbs = [
    "../package.json",
    "%2e%2e/package.json",
    "%2e%2e%2fpackage.json",
    "%252e%252e%252fpackage.json",
    "..%5cpackage.json",
    "..\\package.json",
    "..%00/package.json",
    "assets/..%2f..%2f..%2fpackage.json",
    "assets/%2e%2e/%2e%2e/package.json",
    "assets/....//....//package.json",
    "assets/%00",
    "assets/\\..\\..\\package.json",
    "%c0%ae%c0%ae/package.json",
    "/etc/passwd",
    "file:///etc/passwd",
    "index.html",
    "assets/",
    "assets/__proto__",
    "__proto__",
    ";/package.json",
    "%",
  ];
  test.each(["/", "/gpu/panel/"])("SEC-5 no path leaves the folder of assets, base path %s", async (base) => {
    const { sidecar } = await start({ flags: ["--base-path", base] });
    const above = base === "/" ? [] : climbs.map((path) => `/${path}`);
    for (const path of [
      ...climbs.map((climb) => base + climb),
      ...above,
      "*",
      "//",
      "http://evil.example/",
    ]) {
      const answer = await ask(sidecar.url, { path });
      expect(answer.body).not.toMatch(/"name": "gpu-status-panel"|root:/);
      expect([path, answer.status]).toEqual([path, expect.toBeOneOf([200, 400, 404])]);
      if (answer.status === 200) expect(answer.headers["content-type"]).toContain("text/html");
      expect(answer.headers.location).toBeUndefined();
    }
    // What begins with two slashes is a path, and none of a host, in a browser as here.
    for (const path of ["//", "//healthz", "//evil.example/", `//evil.example${base}`]) {
      expect([path, (await ask(sidecar.url, { path })).status]).toEqual([path, 404]);
    }
    if (base === "/") return;
    // The redirect names the last part of the base path and no more: it stays where the browser is, whatever
    // stands before it or is appended.
    const origin = new URL(sidecar.url).origin;
    for (const path of [
      "/gpu/panel",
      "/gpu/panel?//evil.example/",
      "/gpu/x/../panel",
      "/gpu/panel?\\evil.example",
    ]) {
      const { status, headers } = await ask(sidecar.url, { path });
      const target = new URL(String(headers.location), new URL(path, sidecar.url));
      expect([path, status, target.origin, target.pathname]).toEqual([path, 308, origin, base]);
    }
    const proxied = await ask(sidecar.url, { path: "http://evil.example/gpu/panel" });
    expect(proxied.headers.location).toBe("panel/");
    expect((await ask(sidecar.url, { path: "//evil.example/gpu/panel" })).headers.location).toBeUndefined();
    // Looks for its health where this one has it.
    await end();
  });

  test("SEC-5 addresses and headers beyond all measure are refused", async () => {
    const { sidecar } = await start();
    const long = "x".repeat(20_000);
    expect((await ask(sidecar.url, { path: `/${long}` })).status).toBe(431);
    expect((await ask(sidecar.url, { headers: { "x-long": long } })).status).toBe(431);
    expect((await ask(sidecar.url, { headers: { origin: `https://${long}` } })).status).toBe(431);
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x-${i}`, "1"]));
    expect((await ask(sidecar.url, { headers: many })).status).toBe(431);
    expect((await ask(sidecar.url, { path: `${POLLING}&sid=${"x".repeat(9000)}` })).status).toBe(400);
    expect((await ask(sidecar.url, { path: `${POLLING}&sid=__proto__&transport=constructor` })).status).toBe(
      400,
    );
  });
});

describe("events", () => {
  test("SEC-5 hostile events are refused or passed over, acknowledged or not", async () => {
    const { connect } = await start();
    const values: unknown[] = [
      undefined,
      null,
      [],
      "text",
      1e308,
      true,
      Buffer.from("binary"),
      JSON.parse('{"__proto__":{"requestId":"x"}}'),
      JSON.parse('{"constructor":{"prototype":{"ok":true}},"requestId":"x"}'),
      { requestId: Buffer.from("x"), bootId: Buffer.from("x") },
      { requestId: "x", bootId: "x", mode: "toString" },
      { requestId: "x", bootId: "x", unknown: 1 },
    ];
    for (const event of ["release", "resume"]) {
      const panel = connect();
      await panel.hello();
      for (const value of values) {
        expect(await sendAndWait(panel, event, value)).toMatchObject({ ok: false, code: expect.any(String) });
      }
    }
    for (const event of ["release", "resume", "watch", "unwatch"]) {
      const panel = connect();
      await panel.hello();
      for (const args of [[], [null], ["not a function"], [{}, {}, {}], [Buffer.alloc(9), Buffer.alloc(9)]])
        send(panel, event, ...args);
      expect(await sendAndWait(panel, "unwatch")).toMatchObject({ ok: true });
    }
    for (const event of ["error", "__proto__", "constructor", "toString", "hello", "sample", "", 7]) {
      const panel = connect();
      await panel.hello();
      send(panel, event, { hostile: true });
      expect(await sendAndWait(panel, "unwatch")).toMatchObject({ ok: true });
    }
  });

  test("SEC-5 packets that no client sends end their own connection and nothing else", async () => {
    const { sidecar, connect } = await start();
    const bystander = connect();
    await bystander.hello();
    const ends: boolean[] = [];
    const packets = [
      "4",
      "49",
      "42",
      "42{}",
      '42["connect"]',
      '42["disconnect"]',
      '42["newListener"]',
      "451-",
      '4599999-["release",{"_placeholder":true,"num":0}]',
      '451-["release",{"_placeholder":true,"num":99}]',
      '43999["ack of nothing"]',
      "40/admin,",
      `40/__proto__,{"protocol":${PROTOCOL_VERSION}}`,
      "41",
      "44{}",
      "2probe",
      "6",
      "8",
      `42["release",${"[".repeat(depth)}${"]".repeat(depth)}]`,
      `42["release","${"x".repeat(20_000)}"]`,
    ];
    for (const packet of packets) {
      const path = await openPolling(sidecar.url);
      const push = (body: string) => ask(sidecar.url, { method: "POST", path, body });
      const poll = async () => {
        const { status, body } = await ask(sidecar.url, { path });
        // "1" is the engine's own way to say that it is over.
        return { text: body, closed: status !== 200 || body.startsWith("1") };
      };
      await push(`40{"protocol":${PROTOCOL_VERSION}}`);
      await waitUntil(async () => (await poll()).text.includes('42["hello"'), { what: "hello" });
      await push(packet);
      // Either it was cut off, or it can still be served.
      await push('421["unwatch"]');
      const what = () => `the end of ${packet.slice(0, 60)}`;
      const last = await waitUntil(
        async () => {
          const polled = await poll();
          return polled.closed || polled.text.includes("431[") ? polled : null;
        },
        { what },
      );
      ends.push(last.closed);
    }
    expect(new Set(ends)).toEqual(new Set([true, false]));
    const before = bystander.samples.length;
    await waitUntil(() => bystander.samples.length > before, { what: "samples for the bystander" });
    expect(bystander.socket.connected).toBe(true);
  });

  test("SEC-5 a handshake that is too large or none is refused", async () => {
    const { sidecar, connect } = await start();
    const cases = [
      { token: "x".repeat(300) },
      { token: 7 },
      { lastSeq: -1 },
      { lastSeq: "1" },
      { historyMs: 1e12 },
      { protocol: "1" },
      { bootId: { toString: 1 } },
    ];
    for (const auth of cases as Record<string, unknown>[]) {
      const panel = connect({ auth });
      await waitUntil(() => panel.errors.length > 0, { what: "the refusal" });
      expect(panel.hellos).toEqual([]);
    }
    const large = connect({ auth: { token: "x".repeat(100_000) } });
    let ended = false;
    large.socket.io.once("close", () => {
      ended = true;
    });
    await waitUntil(() => ended, { what: "the end of the connection" });
    expect(large.hellos).toEqual([]);
    const post = await ask(sidecar.url, {
      method: "POST",
      path: await openPolling(sidecar.url),
      body: "4".repeat(20_000),
    });
    expect(post.status).toBe(413);
  });
});
