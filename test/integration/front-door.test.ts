import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitConnections } from "../../server/http/limit-connections.ts";
import { ask, openRaw } from "../helpers/attack.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { spawnSidecar, startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const TOKEN = "the-right-token";
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ flags: ["--token", TOKEN] });
  await waitUntil(async () => (await ask(rig.sidecar.url)).status === 200, { what: "samples" });
});
afterAll(() => rig.close());
const url = () => rig.sidecar.url;

test("WIRE-13 a request that proposes h2c is answered as if nothing had been proposed, body and all", async () => {
  const upgrade = {
    connection: "Upgrade, HTTP2-Settings",
    upgrade: "h2c",
    "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA",
  };
  expect(await ask(url(), { headers: upgrade })).toMatchObject({ status: 200 });
  const body = JSON.stringify({ mode: "nonsense" });
  const headers = { ...upgrade, authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const posted = await ask(url(), { method: "POST", path: "/api/v1/release", headers, body });
  expect(posted.status).toBe(400);
  expect(JSON.parse(posted.body)).toMatchObject({ code: "bad-request" });
});

test("WIRE-6 what is too large, malformed or too slow is refused in words", async () => {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const large = { method: "POST", path: "/api/v1/release", headers, body: "x".repeat(2_000_000) };
  const refused = await ask(url(), large);
  expect(refused.status).toBe(413);
  expect(refused.headers["content-type"]).toContain("application/problem+json");
  expect(JSON.parse(refused.body)).toMatchObject({ code: "body-too-large", status: 413 });
  for (const [head, status] of [
    [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["NONSENSE\r\n\r\n", 400],
  ] as const) {
    const raw = openRaw(url());
    raw.socket.write(head);
    const answer = await raw.closed;
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({
      status,
      code: "bad-request",
    });
  }
});

test("SEC-9 of two tokens one that is right will do: a proxy in between may have one of its own", async () => {
  const headers = { authorization: "Bearer of-the-proxy" };
  const panel = rig.connect({ auth: { token: TOKEN }, headers });
  expect((await panel.hello()).capabilities.release.problem?.code).not.toBe("wrong-token");
  const byHeader = rig.connect({ auth: { token: "old" }, headers: { authorization: `Bearer ${TOKEN}` } });
  expect((await byHeader.hello()).capabilities.release.problem?.code).not.toBe("wrong-token");
});

test("SEC-4 guesses from all addresses of this machine are guesses of one", async () => {
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 20; i++) {
    const socket = connect({
      port: Number(new URL(url()).port),
      host: "127.0.0.1",
      localAddress: `127.9.0.${i + 1}`,
    });
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.write(
      `DELETE /api/v1/release/x HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer guess-${i}\r\nconnection: close\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once("close", resolve));
    statuses.push(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]));
  }
  expect(statuses).toContain(429);
});

test("SEC-10 EMB-11 who opens the page at a name or from an origin that is not allowed is told the flag, as a page, as JSON and in the terminal", async () => {
  const accept = "text/html,application/xhtml+xml";
  const page = await ask(url(), { path: "/", headers: { host: "gpu.example.com", accept } });
  expect(page.status).toBe(403);
  expect(page.headers["content-type"]).toContain("text/html");
  expect(page.body).toMatch(
    /does not answer to the name gpu\.example\.com[\s\S]*--allow-origin[\s\S]*lang="zh-CN"/,
  );
  const json = await ask(url(), { path: "/", headers: { host: "gpu.example.com" } });
  expect(JSON.parse(json.body)).toMatchObject({ code: "host-refused" });
  const origin = "https://studio.example.com";
  const sandboxed = await ask(url(), { path: "/element.js", headers: { origin: "null" } });
  expect(sandboxed.status).toBe(403);
  expect((await ask(url(), { path: "/embed" })).headers["cross-origin-embedder-policy"]).toBe("require-corp");
  const script = await ask(url(), { path: "/element.js", headers: { origin } });
  expect([script.status, script.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
  const state = await ask(url(), { path: "/api/v1/state", headers: { origin } });
  expect([state.status, state.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  await ask(url(), { path: "/api/v1/state", headers: { origin } });
  await waitUntil(() => rig.sidecar.output().includes(`--allow-origin ${origin}`), { what: "the terminal" });
  expect(rig.sidecar.output().split(`--allow-origin ${origin}`)).toHaveLength(2);
});

test("SEC-11b connections that ask for nothing make room for those that do", async () => {
  const under = ["/bin/sh", "-c", 'ulimit -n 256; exec "$@"', "sh"];
  const sidecar = await startSidecar(["--source", "demo"], {}, undefined, under);
  const silent = Array.from({ length: 300 }, () => openRaw(sidecar.url));
  // Far sooner than those that ask for nothing would time out.
  await waitUntil(async () => (await ask(sidecar.url).catch(() => null))?.status === 200, {
    what: "an answer",
  });
  for (const { socket } of silent) socket.destroy();
  await sidecar.end();
});

test("SEC-11 one address of another machine gets its share, and beyond is told so", async () => {
  const server = createServer((_, response) => void (response.writableEnded || response.end("ok")));
  limitConnections(server, 8, () => "10.0.0.9");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const held = Array.from({ length: 6 }, () => openRaw(base));
  for (const { socket } of held) socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await waitUntil(() => held.every(({ received }) => received().includes("200 OK")), { what: "six answers" });
  const refused = await ask(base);
  expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "10"]);
  expect(JSON.parse(refused.body)).toMatchObject({ code: "too-many-connections", params: { most: 6 } });
  held[0]?.socket.destroy();
  await waitUntil(async () => (await ask(base)).status === 200, { what: "room again" });
  for (const { socket } of held) socket.destroy();
  server.close();
});

test("CFG-4 a config file that cannot be read is told in words, one that nobody asked for is passed over, a BOM is nothing", async () => {
  const dir = rig.fake.dir;
  const bom = join(dir, "bom.json");
  writeFileSync(bom, '\uFEFF{"interval": 500, "source": "demo"}');
  const sidecar = await startSidecar(["--config", bom]);
  const { state } = await (await fetch(`${sidecar.url}api/v1/state`)).json();
  expect(state.source.kind).toBe("demo");
  await sidecar.end();
  const folder = spawnSidecar(["--port", "0", "--config", dir]);
  expect(await folder.ended).toBe(1);
  expect(folder.output()).toMatch(/cannot be read/);
  expect(folder.output()).not.toMatch(/\n\s+at /);
});

test("CFG-5 bound to every address it says where other machines find it", async () => {
  const sidecar = await startSidecar(["--source", "demo", "--host", "0.0.0.0", "--token", TOKEN]);
  const { networkInterfaces } = await import("node:os");
  const addresses = Object.values(networkInterfaces())
    .flatMap((list = []) => list)
    .filter(({ internal, family }) => !internal && family === "IPv4");
  const told = [...sidecar.output().matchAll(/^Network: (\S+)$/gm)].map(([, link = ""]) => new URL(link));
  expect(told.map(({ hostname }) => hostname).sort()).toEqual(addresses.map(({ address }) => address).sort());
  for (const { hash } of told) expect(hash).toBe(`#token=${TOKEN}`);
  const panel = connectPanel(sidecar.url);
  await panel.hello();
  panel.close();
  await sidecar.end();
});

test("CFG-6 an old Node is told which one is needed, and how to get it", async () => {
  const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.2'})";
  const start = fileURLToPath(new URL("../../server/start.mjs", import.meta.url));
  const { stderr, code } = await promisify(execFile)(process.execPath, ["--import", old, start]).then(
    () => ({ stderr: "", code: 0 }),
    (error: { stderr: string; code: number }) => error,
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^gpu-status-panel: Node 20\.19 or newer is needed, this is 18\.20\.2\.\n.*nvm install/,
  );
});
