import { createServer, type Server } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchBrowser, type TestBrowser } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { openRow, openWhy } from "../helpers/on-panel.ts";
import { type PackedPackage, packPackage } from "../helpers/packed-package.ts";
import { type Rig, startRig } from "../helpers/rig.ts";

let browser: TestBrowser;
let rig: Rig;
let packed: PackedPackage;
const hosts: Server[] = [];
beforeAll(async () => {
  browser = await launchBrowser();
  packed = await packPackage();
  const program = packed.program(await packed.installed());
  rig = await startRig({ script: { gpus: [fakeGpu(0), fakeGpu(1)] }, program });
  // npm may have to fetch.
}, 240_000);
afterAll(async () => {
  await browser.close();
  await rig.close();
});
afterEach(async () => {
  await browser.finishTest();
  for (const host of hosts.splice(0)) host.close();
});

/** A host page on an origin of its own: it frames the panel and keeps what the panel tells it. */
async function serveHost(address: string, query: string, sandbox = ""): Promise<string> {
  const html = `<!doctype html><title>host</title><style>iframe{width:360px;height:10px;border:0}</style>
    <iframe title="GPU" ${sandbox} src="${rig.sidecar.url}embed${query}"></iframe>
    <script>
      window.told = [];
      addEventListener("message", (event) => {
        if (event.origin !== new URL("${rig.sidecar.url}").origin) return;
        told.push(event.data);
        if (event.data.type === "gpu-status-panel:resize") document.querySelector("iframe").style.height = event.data.height + "px";
      });
      window.tell = (data) => document.querySelector("iframe").contentWindow.postMessage(data, "*");
    </script>`;
  const server = createServer((_, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(html),
  );
  hosts.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error("the host page has no port");
  return `http://${address}:${bound.port}/`;
}

const panelOf = (page: Page) => page.frameLocator("iframe");

/** What the host page was told; the page keeps it in a variable of its own. */
const told = (page: Page) =>
  page.evaluate(() => Reflect.get(window, "told") as { type: string; height?: number; state?: unknown }[]);

test("EMB-1 EMB-1b the panel works in an iframe on a page of another origin and resizes by its messages", async () => {
  const page = await browser.open(await serveHost("localhost", "?view=compact"));
  const panel = panelOf(page);
  await panel.getByRole("progressbar").first().waitFor();
  await panel.getByTestId("status").getByText("Live").waitFor();
  const frame = page.locator("iframe");
  const contentHeight = () =>
    panel.locator("#panel").evaluate((element) => element.getBoundingClientRect().height);
  const fits = async () => (await frame.boundingBox())?.height === Math.ceil(await contentHeight());
  await expect.poll(fits).toBe(true);
  const before = await contentHeight();
  await openWhy(panel);
  await expect.poll(contentHeight).toBeGreaterThan(before);
  await expect.poll(fits).toBe(true);
  const lastState = async () =>
    (await told(page)).findLast(({ type }) => type === "gpu-status-panel:state")?.state;
  await expect.poll(lastState).toMatchObject({ connection: "live", gpus: [{ index: 0 }, { index: 1 }] });
  rig.fake.setGpu(0, { "memory.used": 3_333 });
  await expect
    .poll(async () => JSON.stringify((await lastState()) ?? null))
    .toContain('"memoryUsedMiB":3333');
});

test("EMB-1 a sandboxed iframe works too", async () => {
  const page = await browser.open(
    await serveHost("localhost", "?view=bar", 'sandbox="allow-scripts allow-same-origin"'),
  );
  await panelOf(page).getByRole("progressbar").first().waitFor();
  await panelOf(page).getByTestId("status").getByText("Live").waitFor();
});

test("EMB-1b a frame gives back the height that the panel no longer needs, in the full view too", async () => {
  const page = await browser.open(await serveHost("localhost", "?view=full&lang=en"));
  const panel = panelOf(page);
  await panel.getByTestId("status").getByText("Live").waitFor();
  // The chart has come: from now on nothing but the viewer changes the height.
  await panel.locator(".hist svg.recharts-surface").waitFor();
  const height = async () => Math.round((await page.locator("iframe").boundingBox())?.height ?? 0);
  const content = () =>
    panel.locator("#panel").evaluate((element) => Math.ceil(element.getBoundingClientRect().height));
  await expect.poll(async () => (await height()) === (await content())).toBe(true);
  const closed = await height();
  await openRow(panel, 0);
  await expect.poll(height).toBeGreaterThan(closed);
  await openRow(panel, 0);
  await expect.poll(height).toBe(closed);
});

test("EMB-1c where third-party storage is blocked, choices last as long as the page", async () => {
  // Another site than the sidecar's 127.0.0.1. What Chrome does there with its flag --test-third-party-cookie-phaseout,
  // which Chromium without windows does not have: to look at the storage throws.
  const page = await browser.open(
    await serveHost("localhost", "?view=compact&lang=en"),
    {},
    async (opened) => {
      await opened.addInitScript(() => {
        if (window === window.top) return;
        const refuse = () => {
          throw new DOMException("Access is denied for this document.", "SecurityError");
        };
        for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
          Object.defineProperty(window, name, { get: refuse });
      });
    },
  );
  const panel = panelOf(page);
  await panel.getByTestId("status").getByText("Live").waitFor();
  await panel.getByLabel("For a job like").selectOption("wan2.2-i2v-a14b");
  await expect.poll(() => panel.getByLabel("For a job like").inputValue()).toBe("wan2.2-i2v-a14b");
  await page.evaluate(() => Reflect.get(window, "tell")({ type: "gpu-status-panel:theme", theme: "dark" }));
  await panel.locator('.panel[data-theme="dark"]').waitFor();
});

test("EMB-2 theme and language follow the messages of the page around it", async () => {
  const page = await browser.open(await serveHost("localhost", "?view=compact&theme=light&lang=en"));
  const panel = panelOf(page);
  await panel.getByRole("button", { name: "Release VRAM" }).waitFor();
  await expect.poll(async () => (await told(page)).length).toBeGreaterThan(0);
  await page.evaluate(() => Reflect.get(window, "tell")({ type: "gpu-status-panel:theme", theme: "dark" }));
  await panel.locator('.panel[data-theme="dark"]').waitFor();
  await page.evaluate(() => Reflect.get(window, "tell")({ type: "gpu-status-panel:lang", lang: "zh-CN" }));
  await panel.getByRole("button", { name: "释放显存" }).waitFor();
  await page.evaluate(() => {
    for (const data of [null, "text", { type: "gpu-status-panel:theme", theme: "pink" }, { type: "other" }])
      Reflect.get(window, "tell")(data);
  });
  await panel.locator('.panel[data-theme="dark"]').waitFor();
});

test("EMB-3 a page that is not allowed cannot frame the panel", async () => {
  // A name that is neither loopback nor allowed; Chromium resolves it to this machine.
  const url = (await serveHost("127.0.0.1", "?view=bar")).replace("127.0.0.1", "webui.test");
  const { page, logged } = await browser.openForeign(url);
  await expect.poll(() => page.frames()[1]?.url()).toBe("chrome-error://chromewebdata/");
  // Chromium always tells the framing page in its console: this line, and no other, is the proof.
  await expect.poll(() => logged).toEqual([expect.stringMatching(/^error: .*\bframe-ancestors\b/)]);
  expect(await panelOf(page).getByRole("progressbar").count()).toBe(0);
});

test("EMB-11b in a frame whose sandbox keeps the panel from running, that is said, and what the frame needs", async () => {
  const { page } = await browser.openForeign(await serveHost("localhost", "", 'sandbox="allow-scripts"'));
  await panelOf(page).getByText("allow-scripts allow-same-origin").waitFor();
});
