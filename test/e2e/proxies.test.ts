import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createSecureServer, request as secureRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { inBrowser } from "../helpers/in-browser.ts";
import { library } from "../helpers/library.ts";
import { listen, shut } from "../helpers/listen.ts";
import { makeCertificate } from "../helpers/proxy.ts";
import { expectLive, openCounting } from "../helpers/through-proxy.ts";

const { browser, start } = inBrowser();

test("LIB-1 LIB-2 on a host's HTTPS server the panel is live by WebSocket, and what would like to upgrade is the host's", async () => {
  const certificate = makeCertificate("localhost");
  const tls = { cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) };
  const server = createSecureServer(tls, (incoming, response) => {
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => response.end(`host ${incoming.method} ${incoming.url} ${body}`));
  });
  const port = await listen(server);
  const dataDir = mkdtempSync(join(tmpdir(), "gpu-panel-library-"));
  const panel = library.createSidecar({ server, source: "demo", interval: 200, dataDir });
  const post = () =>
    new Promise<string>((resolve, reject) => {
      const headers = { connection: "Upgrade", upgrade: "h2c", "content-length": 5 };
      const options = { host: "127.0.0.1", port, path: "/mine", method: "POST", headers, agent: false };
      const sent = secureRequest({ ...options, rejectUnauthorized: false }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      sent.on("error", reject).end("hello");
    });
  try {
    const { page, carried, logged } = await openCounting(browser, `https://localhost:${port}/gpu/`);
    await page.getByTestId("status").first().getByText("Demo").waitFor();
    await expect.poll(carried).toBeGreaterThan(2);
    expect(logged).toEqual([]);
    expect(await post()).toBe("host POST /mine hello");
    await page.close();
    await panel.close();
    expect(await post()).toBe("host POST /mine hello");
  } finally {
    await panel.close();
    await shut(server);
    rmSync(dataDir, { recursive: true, force: true });
    certificate.remove();
  }
});

test("PRX-2 a proxy that swallows WebSockets without an answer: the panel goes live by polling", async () => {
  const rig = await start();
  const target = new URL(rig.sidecar.url);
  const swallowing = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const passed = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  const swallowed = new Set<Duplex>();
  swallowing.on("upgrade", (_, socket) => swallowed.add(socket.on("error", () => {})));
  const port = await listen(swallowing);
  try {
    const { page } = await openCounting(browser, `http://127.0.0.1:${port}/`);
    await page.getByTestId("status").getByText("Live").waitFor({ timeout: 60_000 });
    await expectLive(page, rig, 9_216);
    expect(swallowed.size).toBeGreaterThan(0);
    await page.close();
  } finally {
    for (const socket of swallowed) socket.destroy();
    await shut(swallowing);
  }
});
