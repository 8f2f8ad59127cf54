import { createServer, type Server } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask, postRelease } from "../helpers/attack.ts";
import { launchBrowser, type TestBrowser } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { listen, shut } from "../helpers/listen.ts";
import { type PackedPackage, packPackage } from "../helpers/packed-package.ts";
import {
  type Changes,
  freePort,
  integrationFile,
  makeCertificate,
  type RunningProxy,
  startCaddy,
  startNginx,
} from "../helpers/proxy.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { expectLive, openCounting } from "../helpers/through-proxy.ts";

const NAME = "webui.test";
const TOKEN = "a token that is long enough";
let browser: TestBrowser;
let packed: PackedPackage;
/** `npx gpu-status-panel` of the packed tarball, installed in an empty folder. */
let program: string;
let certificate: ReturnType<typeof makeCertificate>;
/** The WebUI that the panel is put into: a page with the panel as iframe and as element. */
let webui: { server: Server; port: number };
beforeAll(async () => {
  browser = await launchBrowser();
  certificate = makeCertificate(NAME);
  const server = createServer((_, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(
      `<!doctype html><title>webui</title>
       <iframe title="GPU" src="/gpu/embed?view=compact"></iframe>
       <script type="module" src="/gpu/element.js"></script><gpu-status-panel view="bar"></gpu-status-panel>`,
    ),
  );
  webui = { server, port: await listen(server) };
  packed = await packPackage();
  program = packed.program(await packed.installed());
  // npm may have to fetch.
}, 240_000);
afterAll(async () => {
  await browser.close();
  await shut(webui.server);
  certificate.remove();
});

let rig: Rig | undefined;
let proxy: RunningProxy | undefined;
afterEach(async () => {
  await browser.finishTest();
  await proxy?.close();
  await rig?.close();
  [rig, proxy] = [undefined, undefined];
});

/** A sidecar as users get it, and as the documentation has it started behind a proxy of this port. */
async function startBehind(port: number, flags: readonly string[] = []): Promise<Rig> {
  rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.used": 22_000, "utilization.gpu": 0 })] },
    hook: (fake) => (response) => {
      fake.setGpu(0, { "memory.used": 1_520 });
      response.writeHead(204).end();
    },
    flags: ["--token", TOKEN, "--allow-origin", `https://${NAME}:${port}`, ...flags],
    program,
  });
  return rig;
}

const sidecarPort = ({ sidecar }: Rig) => new URL(sidecar.url).port;
const nginxServer = (port: number): Changes => [
  ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
  ["webui.example;", `${NAME};`],
  ["/etc/ssl/webui.example.pem", certificate.certificate],
  ["/etc/ssl/webui.example.key", certificate.key],
  ["127.0.0.1:7860", `127.0.0.1:${webui.port}`],
];

/** nginx as the documentation has it, on a free port. @param more what an operator added to the panel's location */
async function behindNginx(snippet = "gpu-panel.conf", flags: readonly string[] = [], more = "") {
  const port = await freePort();
  const running = await startBehind(port, flags);
  const upstream: Changes = [
    ["127.0.0.1:7870", `127.0.0.1:${sidecarPort(running)}`],
    ["proxy_http_version 1.1;", `proxy_http_version 1.1;${more}`],
  ];
  const server: Changes =
    snippet === "gpu-panel.conf" ? [] : [["snippets/gpu-panel.conf", `snippets/${snippet}`]];
  proxy = await startNginx(
    {
      [`snippets/${snippet}`]: integrationFile(`nginx/${snippet}`, upstream),
      "conf.d/webui.conf": integrationFile("nginx/webui.conf", [...nginxServer(port), ...server]),
    },
    port,
  );
  return { running, url: `https://${NAME}:${port}/` };
}

const open = (url: string) => openCounting(browser, url);

async function expectRelease(page: Page, { hook }: Rig) {
  await page.getByRole("button", { name: "Release VRAM" }).click();
  await page.getByRole("button", { name: "Release now" }).click();
  await page.getByTestId("release-result").getByText("released").waitFor({ timeout: 40_000 });
  expect(hook.calls).toHaveLength(1);
}

describe.each([
  ["with the prefix taken away", "gpu-panel.conf", []],
  ["with the prefix left", "gpu-panel-unstripped.conf", ["--base-path", "/gpu/"]],
] as const)("the packed program behind nginx with TLS under /gpu/, %s", (_, snippet, flags) => {
  test("PRX-1 the page is live by WebSocket, and a release works with the token", async () => {
    const { running, url } = await behindNginx(snippet, flags);
    const { page, carried, logged } = await open(`${url}gpu/#token=${TOKEN}`);
    await expectLive(page, running, 21_504);
    expect(carried()).toBeGreaterThan(0);
    await expectRelease(page, running);
    expect(page.url()).toBe(`${url}gpu/`);
    expect(logged).toEqual([]);
  });

  test("PRX-1 without the slash at the end the page is found too, query and all", async () => {
    const { running, url } = await behindNginx(snippet, flags);
    const { page } = await open(`${url}gpu?view=compact`);
    expect(page.url()).toBe(`${url}gpu/?view=compact`);
    await expectLive(page, running, 21_504);
  });

  test("PRX-2 with WebSocket denied the panel stays live by polling, and a release works", async () => {
    const deny = " if ($http_upgrade) { return 403; }";
    const { running, url } = await behindNginx(snippet, flags, deny);
    const { page, carried } = await open(`${url}gpu/#token=${TOKEN}`);
    await expectLive(page, running, 21_504);
    await expectLive(page, running, 20_480);
    await expectRelease(page, running);
    expect(carried()).toBe(0);
  });
});

test("PRX-1 iframe and element on the WebUI's own page find their sidecar through nginx", async () => {
  const { running, url } = await behindNginx();
  const { page, logged } = await open(url);
  await page
    .frameLocator("iframe")
    .getByTestId("status")
    .getByText(/Live|Demo/)
    .waitFor();
  await expectLive(page, running, 21_504);
  await page.frameLocator("iframe").getByText("21.0").first().waitFor();
  expect(logged).toEqual([]);
});

test("PRX-1 Caddy with TLS under /gpu/: live by WebSocket, and a release works with the token", async () => {
  const port = await freePort();
  const running = await startBehind(port);
  const caddyfile = integrationFile("caddy/Caddyfile", [
    ["webui.example {", `https://${NAME}:${port} {\n\ttls ${certificate.certificate} ${certificate.key}`],
    ["127.0.0.1:7870", `127.0.0.1:${sidecarPort(running)}`],
    ["127.0.0.1:7860", `127.0.0.1:${webui.port}`],
  ]);
  proxy = await startCaddy(`{\n\tadmin off\n\tauto_https disable_redirects\n}\n${caddyfile}`, port);
  const { page, carried, logged } = await open(`https://${NAME}:${port}/gpu#token=${TOKEN}`);
  await expectLive(page, running, 21_504);
  expect(carried()).toBeGreaterThan(0);
  await expectRelease(page, running);
  expect(logged).toEqual([]);
});

describe("a sidecar without a token behind nginx", () => {
  test.each([
    ["as documented", "gpu-panel.conf", ""],
    ["that says nothing of whom it asks for", null, ""],
    [
      "that says nothing, in HTTP/1.1",
      null,
      "proxy_http_version 1.1; proxy_set_header Connection $http_connection; proxy_set_header Upgrade $http_upgrade;",
    ],
  ] as const)("SEC-9b %s: the page is live and may not release", async (_, snippet, more) => {
    const port = await freePort();
    rig = await startRig({ flags: ["--allow-origin", `http://${NAME}:${port}`] });
    const running = rig;
    const location =
      snippet === null
        ? `location /gpu/ { proxy_pass http://127.0.0.1:${sidecarPort(running)}/; ${more} }`
        : integrationFile(`nginx/${snippet}`, [["127.0.0.1:7870", `127.0.0.1:${sidecarPort(running)}`]]);
    proxy = await startNginx({ "conf.d/a.conf": `server { listen 127.0.0.1:${port}; ${location} }` }, port);
    const { page } = await open(`http://${NAME}:${port}/gpu/`);
    await expectLive(page, running, 9_216);
    await expect.poll(() => page.getByRole("button", { name: "Release VRAM" }).isDisabled()).toBe(true);
    const origin = `http://${NAME}:${port}`;
    const release = await postRelease(
      `http://127.0.0.1:${port}/`,
      { host: `${NAME}:${port}`, origin },
      "{}",
      "/gpu/api/v1/release",
    );
    expect([release.status, JSON.parse(release.body).code]).toEqual([403, "not-direct"]);
    expect(running.hook.calls).toHaveLength(0);
  });

  test("SEC-10 a public name that --allow-origin does not announce is told what to add", async () => {
    const port = await freePort();
    rig = await startRig();
    const upstream: Changes = [["127.0.0.1:7870", `127.0.0.1:${sidecarPort(rig)}`]];
    const location = integrationFile("nginx/gpu-panel.conf", upstream);
    proxy = await startNginx({ "conf.d/a.conf": `server { listen 127.0.0.1:${port}; ${location} }` }, port);
    const headers = { host: `${NAME}:${port}` };
    const { status, body } = await ask(`http://127.0.0.1:${port}/`, { path: "/gpu/", headers });
    expect([status, JSON.parse(body).code]).toEqual([403, "host-refused"]);
    expect(JSON.parse(body).advice).toContain("--allow-origin");
  });
});
