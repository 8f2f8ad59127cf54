import { describe, expect, test } from "vitest";
import {
  ask,
  attackedRigs,
  openPolling,
  openRaw,
  POLLING,
  postRelease,
  sendAndWait,
  WEBSOCKET,
  webSocketHeaders,
} from "../helpers/attack.ts";

const TOKEN = "a token that is long enough";
const WITH_TOKEN = ["--token", TOKEN];
const JSON_BODY = { "content-type": "application/json" };

const { start, end } = attackedRigs();

/** Each way in, tried with the same headers. */
const ways: [string, (url: string, headers: Record<string, string>) => ReturnType<typeof ask>][] = [
  ["HTTP", (url, headers) => ask(url, { path: "/api/v1/state", headers })],
  ["a POST", (url, headers) => postRelease(url, headers)],
  ["a DELETE", (url, headers) => ask(url, { method: "DELETE", path: "/api/v1/release/x", headers })],
  ["a page", (url, headers) => ask(url, { path: "/embed", headers })],
  ["polling", (url, headers) => ask(url, { path: POLLING, headers })],
  ["WebSocket", (url, headers) => ask(url, { path: WEBSOCKET, headers: webSocketHeaders(headers) })],
];

describe("foreign origins and rebound names", () => {
  const origins = [
    "https://evil.example",
    "null",
    "http://evil.example?.localhost",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
    "http://localhost:1/evil",
    "file://",
  ];
  test("SEC-1 a foreign origin, disguised ones too, is refused by HTTP (page, GET, POST, DELETE), polling and WebSocket", async () => {
    const { sidecar } = await start();
    for (const [way, attack] of ways) {
      for (const origin of origins) {
        const { status, headers } = await attack(sidecar.url, { origin });
        expect([way, origin, status]).toEqual([way, origin, expect.toBeOneOf([400, 403])]);
        expect(headers["access-control-allow-origin"]).toBeUndefined();
      }
    }
  });

  test("SEC-1 a preflight of a foreign origin gets no leave, on HTTP and polling", async () => {
    const { sidecar } = await start({ flags: ["--allow-origin", "https://webui.example"] });
    const preflight = (path: string, origin: string) =>
      ask(sidecar.url, {
        method: "OPTIONS",
        path,
        headers: { origin, "access-control-request-method": "POST" },
      });
    for (const path of ["/api/v1/release", POLLING]) {
      const foreign = await preflight(path, "https://evil.example");
      expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
      expect(foreign.status).toBeGreaterThanOrEqual(400);
      const allowed = await preflight(path, "https://webui.example");
      expect(allowed.headers["access-control-allow-origin"]).toBe("https://webui.example");
      expect(allowed.status).toBe(204);
    }
  });

  test("SEC-1 SEC-2 a connection that exists is of no use to a foreign origin or name", async () => {
    const { sidecar } = await start();
    const path = await openPolling(sidecar.url);
    for (const headers of [{ origin: "https://evil.example" }, { host: "evil.example" }]) {
      expect((await ask(sidecar.url, { method: "POST", path, headers, body: "40" })).status).toBe(400);
      const upgrade = { path: path.replace(POLLING, WEBSOCKET), headers: webSocketHeaders(headers) };
      expect((await ask(sidecar.url, upgrade)).status).toBe(400);
    }
    expect((await ask(sidecar.url, { method: "POST", path, body: "40" })).status).toBe(200);
  });

  const names = [
    "evil.example",
    "localhost.evil.example",
    "localhost@evil.example",
    "evil.example?.localhost",
    "",
  ];
  test("SEC-2 a rebound name is refused by all of them, bound to loopback", async () => {
    const { sidecar } = await start();
    const { port } = new URL(sidecar.url);
    for (const [way, attack] of ways) {
      for (const name of names) {
        for (const host of [name, `${name}:${port}`]) {
          const { status } = await attack(sidecar.url, { host, origin: `http://${host}` });
          expect([way, host, status]).toEqual([way, host, expect.toBeOneOf([400, 403])]);
        }
      }
    }
  });

  test("SEC-2 a rebound name is refused by all of them, bound to the network", async () => {
    const { sidecar } = await start({ flags: ["--host", "0.0.0.0"] });
    const { port } = new URL(sidecar.url);
    const host = `evil.example:${port}`;
    for (const [way, attack] of ways) {
      const { status } = await attack(sidecar.url, { host, origin: `http://${host}` });
      expect([way, status]).toEqual([way, expect.toBeOneOf([400, 403])]);
    }
  });
});

describe("what a proxy or a client claims", () => {
  const claims = {
    "x-forwarded-for": "127.0.0.1",
    "x-real-ip": "127.0.0.1",
    "x-client-ip": "127.0.0.1",
    "x-forwarded-host": "localhost",
    "x-forwarded-proto": "https",
    "x-original-host": "localhost",
    forwarded: "for=127.0.0.1;host=localhost;proto=https",
  };
  test("SEC-8 no header makes a foreign name or origin a known one, on any way in", async () => {
    const { sidecar } = await start();
    const host = { ...claims, host: "evil.example" };
    for (const [way, attack] of ways) {
      expect([way, (await attack(sidecar.url, host)).status]).toEqual([way, expect.toBeOneOf([400, 403])]);
      const origin = { ...claims, origin: "https://evil.example", referer: sidecar.url };
      expect([way, (await attack(sidecar.url, origin)).status]).toEqual([way, expect.toBeOneOf([400, 403])]);
    }
  });

  test("SEC-8 no header makes a guesser another one", async () => {
    const { sidecar, connect } = await start({ flags: WITH_TOKEN });
    const statuses: (number | undefined)[] = [];
    for (let i = 0; i < 14; i++) {
      const from = {
        "x-forwarded-for": `10.0.0.${i}`,
        "x-real-ip": `10.0.0.${i}`,
        forwarded: `for=10.0.0.${i}`,
      };
      const answer = await postRelease(sidecar.url, { ...from, authorization: `Bearer guess ${i}` });
      statuses.push(answer.status);
    }
    expect(statuses.slice(-3)).toEqual([429, 429, 429]);
    const panel = connect({ auth: { token: "one more" }, headers: { "x-forwarded-for": "10.9.9.9" } });
    expect((await panel.hello()).capabilities.release.problem?.code).toBe("too-many-requests");
  });

  test("SEC-8 who released is told by the connection, not by a header", async () => {
    const { sidecar } = await start({ flags: WITH_TOKEN });
    const bearer = { authorization: `Bearer ${TOKEN}` };
    const accepted = await postRelease(sidecar.url, { ...claims, ...bearer, "x-forwarded-for": "10.1.2.3" });
    const { id } = JSON.parse(accepted.body);
    const release = JSON.parse((await ask(sidecar.url, { path: `/api/v1/release/${id}` })).body);
    expect(release.requestedBy).toBe("127.0.0.1");
    // This one was meant to be.
    await end();
  });

  test.each([
    ...Object.entries({
      ...claims,
      via: "1.1 proxy",
      "x-forwarded-server": "proxy",
      "cf-connecting-ip": "127.0.0.1",
    }),
    // A page of another machine that reaches this one by its loopback name does so through a proxy, or may.
    ["origin", "https://webui.example"],
  ])("SEC-9b without a token, what a proxy passes on may look but not act: %s", async (name, value) => {
    const { sidecar, connect } = await start({ flags: ["--allow-origin", "https://webui.example"] });
    const headers = { [name]: value };
    for (const way of [
      postRelease(sidecar.url, headers),
      postRelease(sidecar.url, headers, '{"peakMiB":1}', "/api/v1/jobs"),
      ask(sidecar.url, { method: "DELETE", path: "/api/v1/release/x", headers }),
    ]) {
      const { status, body } = await way;
      expect([status, JSON.parse(body).code]).toEqual([403, "not-direct"]);
    }
    expect((await ask(sidecar.url, { path: "/api/v1/state", headers })).status).toBe(200);
    for (const transports of [["websocket"], ["polling"]] as const) {
      const panel = connect({ headers, transports: [...transports] });
      const { bootId, capabilities } = await panel.hello();
      expect(capabilities.release).toMatchObject({ allowed: false, problem: { code: "not-direct" } });
      const reply = await sendAndWait(panel, "release", { requestId: "r", bootId, mode: "auto" });
      expect(reply).toMatchObject({ ok: false, code: "not-direct" });
    }
  });

  test("SEC-9b what comes in HTTP/1.0, as from an nginx that announces nothing, may not act either", async () => {
    const { sidecar } = await start();
    const { socket, closed } = openRaw(sidecar.url);
    const head = "content-type: application/json\r\ncontent-length: 2\r\nhost: 127.0.0.1";
    socket.write(`POST /api/v1/release HTTP/1.0\r\n${head}\r\n\r\n{}`);
    expect(await closed).toContain('"code":"not-direct"');
  });

  test("SEC-8 a method is the one of the request line: no header and no field makes it another", async () => {
    const { sidecar } = await start();
    const overrides = ["x-http-method-override", "x-http-method", "x-method-override"].map((name) => ({
      [name]: "POST",
    }));
    const headers = Object.assign({ ...JSON_BODY }, ...overrides);
    const path = "/api/v1/release?_method=POST";
    expect((await ask(sidecar.url, { path, headers })).status).toBe(405);
    expect((await ask(sidecar.url, { method: "HEAD", path, headers })).status).toBe(405);
    expect((await ask(sidecar.url, { method: "OPTIONS", path, headers })).status).toBe(204);
    for (const method of ["PUT", "PATCH", "TRACE", "PROPFIND"]) {
      expect([method, (await ask(sidecar.url, { method, path, headers })).status]).toEqual([method, 405]);
    }
    // What a form of another page can send without being asked.
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "",
    ]) {
      const answer = await ask(sidecar.url, {
        method: "POST",
        path: "/api/v1/release",
        headers: { "content-type": type },
        body: "{}",
      });
      expect(answer.status).toBe(400);
    }
  });
});

describe("headers", () => {
  test("SEC-7 every answer forbids guessing its type, sending a referrer and being taken into foreign pages", async () => {
    const { sidecar } = await start({ flags: [...WITH_TOKEN, "--allow-origin", "https://webui.example"] });
    const page = await ask(sidecar.url, { path: "/embed" });
    const script = /src="\.(\/assets\/[^"]+)"/.exec(page.body)?.[1] ?? "";
    const answers: [string, Awaited<ReturnType<typeof ask>>][] = [
      ["page", page],
      ["script", await ask(sidecar.url, { path: script })],
      ["state", await ask(sidecar.url, { path: "/api/v1/state" })],
      ["health", await ask(sidecar.url)],
      ["missing", await ask(sidecar.url, { path: "/nothing" })],
      ["method", await ask(sidecar.url, { method: "PUT", path: "/api/v1/state" })],
      ["host", await ask(sidecar.url, { headers: { host: "evil.example" } })],
      ["origin", await ask(sidecar.url, { headers: { origin: "https://evil.example" } })],
      [
        "preflight",
        await ask(sidecar.url, { method: "OPTIONS", headers: { origin: "https://webui.example" } }),
      ],
      ["no token", await postRelease(sidecar.url)],
      ["polling", await ask(sidecar.url, { path: POLLING })],
      [
        "refused polling",
        await ask(sidecar.url, { path: POLLING, headers: { origin: "https://evil.example" } }),
      ],
    ];
    for (const [name, { headers }] of answers) {
      expect([name, headers["x-content-type-options"], headers["referrer-policy"]]).toEqual([
        name,
        "nosniff",
        "no-referrer",
      ]);
      expect(headers["content-security-policy"]).toContain("frame-ancestors");
      expect([name, headers["cross-origin-resource-policy"]]).toEqual([
        name,
        name === "page" ? "cross-origin" : "same-origin",
      ]);
      expect(headers["x-powered-by"] ?? headers.server).toBeUndefined();
      if (name !== "page")
        expect(headers["content-security-policy"]).toBe("default-src 'none'; frame-ancestors 'none'");
    }
    const policy = page.headers["content-security-policy"] ?? "";
    expect(policy).toMatch(/frame-ancestors 'self' http:\/\/localhost:\* .*https:\/\/webui\.example$/);
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toMatch(/script-src|unsafe-eval/);
  });
});
