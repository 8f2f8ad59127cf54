import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server as SocketServer } from "socket.io";
import { io } from "socket.io-client";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { MountedSidecar, SidecarOptions } from "../../server/library.ts";
import { ask, postRelease, webSocketHeaders } from "../helpers/attack.ts";
import { createFakeNvidiaSmi } from "../helpers/fake-nvidia-smi.ts";
import { library } from "../helpers/library.ts";
import { listen, shut } from "../helpers/listen.ts";
import { connectPanel, type PanelClient } from "../helpers/panel-client.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const EXAMPLE = fileURLToPath(new URL("../../integrations/node/server.mjs", import.meta.url));
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** A host that answers everything with what it was asked for, body included. */
async function startHost(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => response.end(`host ${request.method} ${request.url} ${body}`));
  });
  const port = await listen(server);
  cleanUp.push(() => shut(server));
  return { server, url: `http://127.0.0.1:${port}/` };
}

function mount(options: SidecarOptions): MountedSidecar {
  const dataDir = mkdtempSync(join(tmpdir(), "gpu-panel-library-"));
  const panel = library.createSidecar({ source: "demo", interval: 200, dataDir, ...options });
  cleanUp.push(async () => {
    await panel.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return panel;
}

function connect(url: string, options?: Parameters<typeof connectPanel>[1]): PanelClient {
  const client = connectPanel(url, options);
  cleanUp.push(client.close);
  return client;
}

const text = async (url: string) => (await fetch(url)).text();
const nextSample = (client: PanelClient, after = client.samples.length) =>
  waitUntil(() => client.samples.length > after, { what: "a sample" });

/** Everything that can be seen of a server from outside: its listeners, by event, and what it has of its own. */
const lookOf = (server: Server) => ({
  own: Reflect.ownKeys(server).map(String).sort(),
  listeners: server
    .eventNames()
    .map((name) => [String(name), server.listeners(name)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
});

describe("a panel on a host's server", () => {
  test("LIB-1 LIB-1b what lies outside the base path stays the host's, its listeners untouched, and is left as it was found", async () => {
    const { server, url } = await startHost();
    const before = lookOf(server);
    const panel = mount({ server, basePath: "gpu" });
    expect(panel.basePath).toBe("/gpu/");
    expect(server.listeners("request")).toEqual(before.listeners.find(([name]) => name === "request")?.[1]);
    for (const path of [
      "",
      "gpus",
      "gpu.html",
      "x/gpu/",
      "?/gpu/",
      "socket.io/?EIO=4&transport=polling",
      "healthz",
    ]) {
      expect(await text(url + path)).toBe(`host GET /${path} `);
    }
    expect(await text(`${url}gpu/embed`)).toContain('<div id="panel">');
    expect((await fetch(`${url}gpu?view=bar`)).url).toBe(`${url}gpu/?view=bar`);
    expect((await fetch(`${url}gpu/nothing`)).status).toBe(404);
    // Listeners that the host adds later are not told of the panel's requests either.
    const seen: (string | undefined)[] = [];
    const late = ({ url: path }: IncomingMessage) => void seen.push(path);
    server.on("request", late);
    await text(`${url}gpu/`);
    await text(`${url}mine`);
    expect(seen).toEqual(["/mine"]);
    server.off("request", late);
    const watcher = connect(`${url}gpu/`);
    await nextSample(watcher);
    await Promise.all([panel.close(), panel.close()]);
    await waitUntil(() => watcher.socket.disconnected, { what: "the viewer's socket to be closed" });
    expect(lookOf(server)).toEqual(before);
    expect(await text(`${url}gpu/`)).toBe("host GET /gpu/ ");
  });

  test("LIB-2 the host's own WebSockets and its own Socket.IO live beside the panel's, and outlive it", async () => {
    const { server, url } = await startHost();
    const echo = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (request.url !== "/echo") return;
      echo.handleUpgrade(request, socket, head, (one) =>
        one.on("message", (data) => one.send(`echo ${data}`)),
      );
    });
    const theirs = new SocketServer(server);
    theirs.on("connection", (socket) => socket.on("ping-host", (ack) => ack("host")));
    cleanUp.push(() => theirs.close());
    const panel = mount({ server });
    const ours = connect(`${url}gpu/`);
    const polling = connect(`${url}gpu/`, { transports: ["polling"] });
    const socket = new WebSocket(`${url.replace("http", "ws")}echo`);
    const client = io(url, { forceNew: true });
    cleanUp.push(
      () => client.disconnect(),
      () => socket.terminate(),
    );
    const echoed: string[] = [];
    socket.on("message", (data) => echoed.push(String(data)));
    socket.on("open", () => socket.send("one"));
    await nextSample(ours);
    await nextSample(polling);
    await waitUntil(() => echoed.length === 1, { what: "the echo" });
    expect(await client.emitWithAck("ping-host")).toBe("host");
    await panel.close();
    socket.send("two");
    await waitUntil(() => echoed.length === 2, { what: "the second echo" });
    expect(echoed).toEqual(["echo one", "echo two"]);
    expect(await client.emitWithAck("ping-host")).toBe("host");
  });

  test("LIB-2b a host without WebSockets answers what would like to upgrade as it did, body and all", async () => {
    const { server, url } = await startHost();
    const h2c = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABk" };
    const question = {
      method: "POST",
      path: "/java",
      headers: { ...h2c, "content-length": 5 },
      body: "hello",
    };
    const before = await ask(url, question);
    const panel = mount({ server });
    expect((await ask(url, question)).body).toBe("host POST /java hello");
    expect((await ask(url, { path: "/ws", headers: webSocketHeaders() })).body).toBe("host GET /ws ");
    const path = "/gpu/socket.io/?EIO=4&transport=websocket";
    expect((await ask(url, { path, headers: webSocketHeaders() })).status).toBe(101);
    await panel.close();
    expect((await ask(url, question)).body).toBe(before.body);
  });

  test.each(["first", "second"])(
    "LIB-3 two panels on one server are two sidecars, and the %s may leave before the other",
    async (which) => {
      const { server, url } = await startHost();
      const before = lookOf(server);
      const panels = [
        mount({ server, basePath: "/a/", source: "demo:1" }),
        mount({ server, basePath: "/b/", source: "demo:2" }),
      ];
      if (which === "second") panels.reverse();
      const [a, b] = [connect(`${url}a/`), connect(`${url}b/`)];
      const hellos = [await a.hello(), await b.hello()];
      expect(hellos.map(({ state }) => state.gpus.length)).toEqual([1, 2]);
      expect(new Set(hellos.map(({ bootId }) => bootId)).size).toBe(2);
      await panels[0]?.close();
      const [gone, stays] = which === "first" ? ["a", "b"] : ["b", "a"];
      expect(await text(`${url}${gone}/`)).toBe(`host GET /${gone}/ `);
      await nextSample(stays === "a" ? a : b);
      await panels[1]?.close();
      expect(lookOf(server)).toEqual(before);
    },
  );

  test("LIB-3 two servers of one process have a panel each", async () => {
    const [one, two] = [await startHost(), await startHost()];
    const panel = mount({ server: one.server });
    mount({ server: two.server });
    const watcher = connect(`${two.url}gpu/`);
    await nextSample(connect(`${one.url}gpu/`));
    await nextSample(watcher);
    await panel.close();
    await nextSample(watcher);
    expect(await text(`${one.url}gpu/`)).toBe("host GET /gpu/ ");
  });

  test("LIB-4 what is wrong with the settings is named, each fault, and nothing starts", async () => {
    const { server, url } = await startHost();
    const before = lookOf(server);
    const wrong: Record<string, unknown> = {
      interval: 5,
      basePath: "/",
      port: 80,
      backend: "teapot",
      token: "short",
    };
    expect(() => library.createSidecar({ server, ...wrong })).toThrow(
      /interval: .*at least 200.*|basePath: a path of its own.*|port: there is no such setting/,
    );
    try {
      library.createSidecar({ server, ...wrong });
    } catch (error) {
      for (const key of Object.keys(wrong)) expect(String(error)).toContain(`${key}: `);
    }
    expect(() => library.createSidecar({ server, backend: "http" })).toThrow(/needs --backend-url/);
    mount({ server, basePath: "/gpu/" });
    for (const basePath of ["/gpu/", "/gpu/two/"]) {
      expect(() => mount({ server, basePath })).toThrow(`basePath: ${basePath} meets the panel`);
    }
    expect(before.own).not.toContain("emit");
    expect(await text(url)).toBe("host GET / ");
  });

  test("LIB-5 without a token, callers on this machine may act and none that comes through a proxy; with one, who has it", async () => {
    const { server, url } = await startHost();
    mount({ server, basePath: "/open/" });
    mount({ server, basePath: "/guarded/", token: "a long enough token" });
    const release = async (base: string, headers: Record<string, string> = {}) =>
      (await postRelease(url, headers, "{}", `/${base}/api/v1/release`)).status;
    const proxied = { "x-forwarded-for": "127.0.0.1" };
    expect(await release("open", proxied)).toBe(403);
    expect(await release("open")).toBe(202);
    expect(await release("guarded")).toBe(403);
    expect(await release("guarded", { ...proxied, authorization: "Bearer a long enough token" })).toBe(202);
    const { capabilities } = await connect(`${url}open/`, { headers: proxied }).hello();
    expect(capabilities.release.problem?.code).toBe("not-direct");
  });

  test("LIB-6 once panel and server are closed nothing is left that runs: the program ends by itself, nvidia-smi with it", async () => {
    const fake = createFakeNvidiaSmi();
    cleanUp.push(() => fake.dispose());
    const probe = createServer();
    const port = await listen(probe);
    await shut(probe);
    const host = spawn(process.execPath, [EXAMPLE], {
      env: { ...fake.env, PORT: String(port), XDG_DATA_HOME: join(fake.dir, "data") },
      stdio: ["ignore", "ignore", "inherit"],
    });
    cleanUp.push(() => host.kill("SIGKILL"));
    const ended = new Promise((resolve) => host.once("exit", (code, signal) => resolve(code ?? signal)));
    const url = `http://127.0.0.1:${port}/`;
    const page = await waitUntil(() => text(url).catch(() => null), { what: "the example to listen" });
    const frame = /src="([^"]+)"/.exec(page)?.[1] ?? "";
    expect(await text(new URL(frame, url).href)).toContain('<div id="panel">');
    const watcher = connect(`${url}gpu/`);
    await nextSample(watcher);
    expect(fake.livePids().length).toBeGreaterThan(0);
    host.kill("SIGTERM");
    expect(await ended).toBe(0);
    await waitUntil(() => fake.livePids().length === 0, { what: "nvidia-smi to end" });
  });
});
