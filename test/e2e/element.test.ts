import pixelmatch from "pixelmatch";
import type { Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { noteFirstFigure } from "../bench/first-figure.ts";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { countLeftovers, expectLeftovers, leftoversOf } from "../helpers/leftovers.ts";
import { openWhy } from "../helpers/on-panel.ts";
import { packPackage } from "../helpers/packed-package.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { type ServedPages, servePages } from "../helpers/serve-pages.ts";
import { countSockets, type PageSockets } from "../helpers/sockets.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { browser, start } = inBrowser();
/** The sidecar of the packed package, with two GPUs, idle when a test begins; shared by those that want no other. */
let rig: Rig;
const IDLE = { gpus: [fakeGpu(0), fakeGpu(1)] };
let program: string;
beforeAll(async () => {
  const packed = await packPackage();
  program = packed.program(await packed.installed());
  rig = await sampling(await startRig({ script: IDLE, program }));
  // npm may have to fetch.
}, 240_000);
beforeEach(() => rig.fake.set(IDLE));
afterAll(() => rig.close());

const served: ServedPages[] = [];
afterEach(async () => {
  await browser.finishTest();
  for (const pages of served.splice(0)) pages.close();
});
async function serve(...args: Parameters<typeof servePages>): Promise<string> {
  const pages = await servePages(...args);
  served.push(pages);
  return pages.url;
}
/** Before its first sample a sidecar knows of no GPUs, and says hello again when it does. */
async function sampling(started: Rig): Promise<Rig> {
  await waitUntil(async () => (await fetch(`${started.sidecar.url}healthz`)).ok, { what: "samples" });
  return started;
}

const scriptOf = (rig: Rig) => `<script type="module" src="${rig.sidecar.url}element.js"></script>`;
const document = (rig: Rig, body: string, head = "") =>
  `<!doctype html><html lang="en"><head><title>host</title>${head}${scriptOf(rig)}</head><body>${body}</body></html>`;
const live = (page: Page, nth = 0) => page.getByTestId("status").nth(nth).getByText("Live").waitFor();

test("EMB-4 README of integrations/plain-html/README.md: the panel shows the sidecar its script came from", async () => {
  const readme = readmeSnippets("integrations/plain-html/README.md");
  expect(readme.take("sh").code).toBe("npx gpu-status-panel\n");
  const html = readme
    .take("html", "index.html")
    .code.replaceAll("http://localhost:7870/", `${rig.sidecar.url}`);
  const css = readme.take("css", "page.css").code;
  const js = readme.take("js", "page.js").code;
  expect(readme.left()).toEqual([]);
  const url = await serve({
    "/": `<!doctype html><title>host</title><link rel="stylesheet" href="page.css">${html}<script type="module" src="page.js"></script>`,
    "/page.css": css,
    "/page.js": js,
  });
  const page = await browser.open(url);
  await live(page);
  await page.locator('.panel[data-theme="dark"][data-view="compact"]').waitFor();
  const element = page.locator("gpu-status-panel");
  expect((await element.boundingBox())?.width).toBe(340);
  await expect.poll(() => page.title()).toBe("live: 23080, 23080 MiB free");
  rig.fake.setGpu(1, { "memory.used": 4096 });
  await expect.poll(() => page.title()).toBe("live: 23080, 20008 MiB free");
  const accent = await page
    .getByRole("button", { name: "Release VRAM" })
    .evaluate((button) => getComputedStyle(button).getPropertyValue("--accent").trim());
  expect(accent).toBe("#b45309");
});

test("EMB-4b a release is told as events, from the call to the measured result", async () => {
  const own = await sampling(
    await start({
      script: { gpus: [fakeGpu(0, { "memory.used": 20_000 })] },
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 2000 });
        response.writeHead(204).end();
      },
      program,
    }),
  );
  const url = await serve({ "/": document(own, '<gpu-status-panel view="compact"></gpu-status-panel>') });
  const page = await browser.open(url);
  await live(page);
  await page.evaluate(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    // On the document: the events bubble.
    globalThis.document.addEventListener("gpu-release", (event) => {
      if (event instanceof CustomEvent) told.push(event.detail);
    });
  });
  const told = () =>
    page.evaluate(() => Reflect.get(window, "told") as { state: string; freedMiB: number | null }[]);
  await page.getByRole("button", { name: "Release VRAM" }).click();
  await page.getByRole("button", { name: "Release now" }).click();
  await expect
    .poll(async () => (await told()).at(-1), { timeout: 60_000 })
    .toMatchObject({ state: "done", freedMiB: 18_000 });
  expect((await told()).map(({ state }) => state)).toContain("verifying");
});

/** Everything a page can do to what is in it. */
const HOSTILE = `
  *, *::before, *::after { all: unset !important; box-sizing: content-box !important; }
  html { font: italic 900 60px/3 cursive !important; letter-spacing: 9px !important; direction: rtl !important;
    text-transform: uppercase !important; text-shadow: 4px 4px red !important; color: hotpink !important;
    word-spacing: 20px !important; text-align: right !important; white-space: pre !important; cursor: wait !important; }
  title, script, style, link { display: none !important; }
  .panel, .view, .card, button, h1, [class] { background: red !important; padding: 33px !important; }
`;

test.each(["compact", "bar"])(
  "EMB-5 hostile styles around the %s panel change no pixel of it",
  async (view) => {
    const element = `<gpu-status-panel view="${view}" theme="light" lang="en"></gpu-status-panel>`;
    const url = await serve({
      "/clean": document(rig, element, "<style>html, body { margin: 0 }</style>"),
      "/hostile": document(rig, element, '<link rel="stylesheet" href="hostile.css">'),
      "/hostile.css": HOSTILE,
    });
    const shots: PNG[] = [];
    for (const path of ["clean", "hostile"]) {
      const page = await browser.open(`${url}${path}`, { viewport: { width: 420, height: 700 } });
      await live(page);
      await page.getByText("4%").first().waitFor();
      // What comes after the first figures has come.
      if (view === "compact")
        for (const name of ["Settings", "Why?"]) await page.getByRole("button", { name }).waitFor();
      // The styles do act around the panel.
      const around = await page.evaluate(() => getComputedStyle(globalThis.document.body).fontSize);
      expect(around).toBe(path === "hostile" ? "60px" : "16px");
      shots.push(
        PNG.sync.read(await page.locator("gpu-status-panel .panel").screenshot({ animations: "disabled" })),
      );
    }
    const [clean, hostile] = shots;
    if (clean === undefined || hostile === undefined) throw new Error("two pictures were taken");
    expect([hostile.width, hostile.height]).toEqual([clean.width, clean.height]);
    expect(clean.width).toBe(420);
    expect(pixelmatch(clean.data, hostile.data, undefined, clean.width, clean.height, { threshold: 0 })).toBe(
      0,
    );
  },
);

test("EMB-5 EMB-5c the panel's styles stay in, and nothing of it is left in the page when it is gone", async () => {
  const url = await serve({
    "/": document(
      rig,
      '<h1 class="card">Host</h1><button class="primary">Mine</button><div id="place"></div>',
    ),
  });
  let sockets: PageSockets | undefined;
  const page = await browser.open(url, {}, async (opened) => {
    sockets = countSockets(opened, rig.sidecar.url);
    await countLeftovers(opened);
  });
  await page.waitForFunction(() => customElements.get("gpu-status-panel") !== undefined);
  const looks = () =>
    page.evaluate(() => [
      globalThis.document.documentElement.outerHTML,
      ...["h1", "button"].map((name) => {
        const element = globalThis.document.querySelector(name);
        return element === null ? "" : JSON.stringify({ ...getComputedStyle(element) });
      }),
    ]);
  const show = () =>
    page.evaluate(() => {
      const panel = globalThis.document.createElement("gpu-status-panel");
      panel.setAttribute("view", "full");
      globalThis.document.getElementById("place")?.append(panel);
    });
  const hide = () => page.evaluate(() => globalThis.document.querySelector("gpu-status-panel")?.remove());
  const before = await looks();

  await show();
  await live(page);
  await page.locator(".hist svg.recharts-surface").waitFor();
  expect((await looks()).slice(1)).toEqual(before.slice(1));
  await hide();
  await expect.poll(() => sockets?.open()).toBe(0);
  await expectLeftovers(page, { timers: 0, observers: 0 });
  expect(await looks()).toEqual(before);
  // Socket.IO and React listen once each, for as long as the page lives.
  const first = await leftoversOf(page);
  expect(first.listeners).toEqual({
    "window offline": 1,
    "window pagehide": 1,
    "document selectionchange": 1,
  });

  await show();
  await live(page);
  await hide();
  await expect.poll(() => sockets?.open()).toBe(0);
  await expectLeftovers(page, first);
  expect(await looks()).toEqual(before);
});

test("EMB-5 in a page that has its own landmarks and headings the panel is one section of it", async () => {
  const panels = ["full", "compact", "bar"].map(
    (view) => `<gpu-status-panel view="${view}"></gpu-status-panel>`,
  );
  const url = await serve({
    "/": document(rig, `<main><h1>Host</h1>${panels.slice(0, 1).join("")}</main>`),
    "/narrow": document(rig, `<main><h1>Host</h1>${panels.slice(1).join("")}</main>`),
  });
  for (const path of ["", "narrow"]) {
    const page = await browser.open(`${url}${path}`);
    await live(page);
    await page
      .getByRole("button", { name: /^Release/ })
      .first()
      .waitFor();
    expect(await page.getByRole("main").count()).toBe(1);
    // The bar's part comes later than the compact one.
    await expect
      .poll(() => page.getByRole("region", { name: "GPU status" }).count())
      .toBe(path === "" ? 1 : 2);
    // Two panels on one page have one name: that they are two is the page's affair.
    expect((await axeViolations(page)).filter((line) => !line.startsWith("landmark-unique"))).toEqual([]);
  }
});

test("EMB-6 EMB-6b EMB-6c an element that is moved keeps its connection and what is open in it; attributes change live", async () => {
  const url = await serve({
    "/": document(
      rig,
      '<div id="a"><gpu-status-panel view="compact" theme="light" lang="en"></gpu-status-panel></div><div id="b"></div>',
    ),
  });
  let sockets: PageSockets | undefined;
  const page = await browser.open(url, {}, (opened) => {
    sockets = countSockets(opened, rig.sidecar.url);
  });
  await live(page);
  await openWhy(page);
  const open = page.locator(".why");
  await open.waitFor();
  await page.evaluate(() => {
    const panel = globalThis.document.querySelector("gpu-status-panel");
    const b = globalThis.document.getElementById("b");
    if (panel !== null) b?.append(panel);
  });
  await page.locator("#b gpu-status-panel").waitFor();
  rig.fake.setGpu(0, { "memory.used": 12_288 });
  await page.getByText("12.0/24 GiB").waitFor();
  await open.waitFor();
  // The newer way, which tells the element that it is moved.
  const moved = await page.evaluate(() => {
    const panel = globalThis.document.querySelector("gpu-status-panel");
    const a = globalThis.document.getElementById("a");
    const move: unknown = a === null ? undefined : Reflect.get(a, "moveBefore");
    if (typeof move === "function") move.call(a, panel, null);
    else if (panel !== null) a?.append(panel);
    return panel?.parentElement?.id;
  });
  expect(moved).toBe("a");
  rig.fake.setGpu(0, { "memory.used": 6144 });
  await page.getByText("6.0/24 GiB").waitFor();
  await open.waitFor();
  expect(sockets?.opened()).toBe(1);

  const set = (name: string, value: string) =>
    page
      .locator("gpu-status-panel")
      .evaluate((element, [key, text]) => element.setAttribute(key, text), [name, value] as const);
  await set("theme", "dark");
  await page.locator('.panel[data-theme="dark"]').waitFor();
  await set("lang", "zh-CN");
  await page.getByRole("button", { name: "释放显存" }).waitFor();
  await set("gpu", "1");
  await expect.poll(() => page.getByRole("progressbar").count()).toBe(1);
  await set("model", "wan2.2-i2v-a14b");
  await expect.poll(() => page.getByRole("combobox").inputValue()).toBe("wan2.2-i2v-a14b");
  // The full view shows the past, which the compact one never asked for.
  await set("view", "full");
  await page.locator(".hist svg.recharts-surface").waitFor();
  expect(sockets?.opened()).toBe(1);
  await set("url", "ftp://nowhere/");
  await page.getByText("不是面板服务的地址").waitFor();
  await expect.poll(() => sockets?.open()).toBe(0);
  await set("url", rig.sidecar.url);
  await page.getByTestId("status").getByText("实时").waitFor();
});

test("EMB-6b a token that is set later lets the viewer act, over a connection of its own", async () => {
  const token = "a-token-of-the-test";
  const own = await sampling(await start({ script: IDLE, program, flags: ["--token", token] }));
  const url = await serve({ "/": document(own, '<gpu-status-panel view="compact"></gpu-status-panel>') });
  let sockets: PageSockets | undefined;
  const page = await browser.open(url, {}, (opened) => {
    sockets = countSockets(opened, own.sidecar.url);
  });
  await live(page);
  const button = page.getByRole("button", { name: "Release VRAM" });
  await expect.poll(() => button.isDisabled()).toBe(true);
  await page
    .locator("gpu-status-panel")
    .evaluate((element, text) => Object.assign(element, { token: text }), token);
  await expect.poll(() => button.isEnabled()).toBe(true);
  await expect.poll(() => [sockets?.opened(), sockets?.open()]).toEqual([2, 1]);
});

test("EMB-7 panels of one sidecar share one connection; what only one of them needs is fetched for it", async () => {
  const panels = ["compact", "bar", "compact"].map(
    (view) => `<gpu-status-panel view="${view}"></gpu-status-panel>`,
  );
  const url = await serve({ "/": document(rig, panels.join("")) });
  let sockets: PageSockets | undefined;
  const page = await browser.open(url, {}, (opened) => {
    sockets = countSockets(opened, rig.sidecar.url);
  });
  for (const nth of [0, 1, 2]) await live(page, nth);
  expect(sockets?.opened()).toBe(1);
  // From the beginning: a gap of a busy machine is asked for with the same stretch, but from where it is.
  const asksForHistory = () =>
    sockets?.sent().filter((text) => text.includes('"sinceSeq":0,"historyMs":900000')).length;
  expect(asksForHistory()).toBe(0);
  await page.evaluate(() => {
    const panel = globalThis.document.createElement("gpu-status-panel");
    globalThis.document.body.append(panel);
  });
  await live(page, 3);
  await page.locator(".hist svg.recharts-surface").waitFor();
  expect(asksForHistory()).toBe(1);
  for (const nth of [0, 1]) {
    await page.evaluate((i) => globalThis.document.querySelectorAll("gpu-status-panel")[i]?.remove(), nth);
  }
  rig.fake.setGpu(0, { "memory.used": 12_288 });
  await page.getByText("12.0 / 24").first().waitFor();
  expect([sockets?.opened(), sockets?.open()]).toEqual([1, 1]);
});

test("EMB-5b a page whose policy forbids inline styles and scripts shows the panel as it is", async () => {
  const { origin } = new URL(rig.sidecar.url);
  const policy = `default-src 'none'; script-src ${origin}; connect-src ${origin} ${origin.replace("http", "ws")}`;
  const url = await serve(
    { "/": document(rig, '<gpu-status-panel theme="light"></gpu-status-panel>') },
    { headers: { "content-security-policy": policy } },
  );
  const page = await browser.open(url);
  await live(page);
  const card = page.locator(".card").first();
  await card.waitFor();
  expect(await card.evaluate((element) => getComputedStyle(element).borderRadius)).toBe("10px");
});

test("EMB-10 until the compact element shows its first figure, at most 90 kB gzipped have come", async () => {
  const element = '<gpu-status-panel view="compact" lang="zh-CN"></gpu-status-panel>';
  const url = await serve({ "/": document(rig, element) });
  const page = await browser.open(url, {}, async (opened) => {
    await opened.addInitScript(noteFirstFigure, ".cr .pc");
  });
  await page.waitForFunction(() => Reflect.get(window, "firstFigure") !== undefined);
  const arrived = await page.evaluate(
    () => (Reflect.get(window, "firstFigure") as { arrived: string[] }).arrived,
  );
  const scripts = arrived.filter((address) => address.startsWith(rig.sidecar.url) && address.includes(".js"));
  expect(scripts.length).toBeGreaterThan(2);
  const sizes = await Promise.all(
    scripts.map(async (address) => {
      const { headers } = await fetch(address, { method: "HEAD", headers: { "accept-encoding": "gzip" } });
      expect(headers.get("content-encoding"), address).toBe("gzip");
      return Number(headers.get("content-length"));
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(90_000);
});
