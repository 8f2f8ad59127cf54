import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { withBusySidecar } from "./busy-machine.ts";
import { brief, type Figure, type Section, type SectionResult } from "./figure.ts";
import { type FirstFigure, noteFirstFigure } from "./first-figure.ts";
import { withChromium } from "./with-chromium.ts";

const MOST_COMPACT_KB = 95;
/** The chart comes after two buckets of 5 s each, so that a fresh sidecar has something to draw. */
const SETTLE_MS = 15_000;

const VIEWS = [
  { name: "full, en", path: "?lang=en", shows: ".gr .pc .fig", aimMs: 500 },
  {
    name: "compact, en",
    path: "embed?view=compact&lang=en",
    shows: ".cr:not(.th) .pc",
    aim: MOST_COMPACT_KB,
    aimMs: 300,
  },
  {
    name: "compact, zh-CN",
    path: "embed?view=compact&lang=zh-CN",
    shows: ".cr:not(.th) .pc",
    aim: MOST_COMPACT_KB,
    aimMs: 300,
  },
  { name: "bar, en", path: "embed?view=bar&lang=en", shows: ".cell .strong", aimMs: 300 },
] as const;

/** What travels before the first live figure is on the page, and what in all; gzip, nothing cached. */
export const bytesSection: Section = () =>
  withBusySidecar(({ url }) => withChromium((browser) => measureViews(browser, url)));

async function measureViews(browser: Browser, baseUrl: string): Promise<SectionResult> {
  const figures: Figure[] = [];
  const notes = [
    "kB = 1000 bytes of the answers as they travel (bodies, gzip; a head is about 0.3 more); without the WebSocket.",
  ];
  for (const { name, path, shows, aimMs, ...rest } of VIEWS) {
    const { first, files } = await load(browser, `${baseUrl}${path}`, shows);
    const early = files.filter(({ url }) => first.arrived.includes(url));
    const late = files.filter(({ url }) => !first.arrived.includes(url));
    figures.push(
      { name: `${name}: to the first figure`, value: kb(early), unit: "kB", ...rest },
      { name: `${name}: in all`, value: kb(files), unit: "kB" },
      { name: `${name}: first figure after`, value: first.atMs, unit: "ms", aim: aimMs },
    );
    const recharts = files.some(({ url }) => url.includes("TimelineChart"));
    notes.push(
      `${name}: ${list(early)}`,
      `  afterwards: ${list(late) || "nothing"}; Recharts ${recharts ? "LOADED" : "not loaded"}`,
    );
  }
  return { figures, notes };
}

interface TravelledFile {
  url: string;
  bytes: number;
  headBytes: number;
  encoding: string;
}

async function load(browser: Browser, url: string, shows: string) {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 1300 },
    locale: "en-US",
    extraHTTPHeaders: { "accept-encoding": "gzip" },
  });
  try {
    const page = await context.newPage();
    const files = await recordFiles(context, page);
    await page.addInitScript(noteFirstFigure, shows);
    await page.goto(url);
    const handle = await page.waitForFunction(
      () => (globalThis as unknown as { firstFigure?: FirstFigure }).firstFigure,
    );
    const first = await handle.jsonValue();
    if (first === undefined) throw new Error(`no figure came on ${url}`);
    await sleep(SETTLE_MS);
    return { first, files: [...files.values()].filter(({ bytes }) => bytes > 0) };
  } finally {
    await context.close();
  }
}

/** Keeps what Chromium's network layer says of every file; it goes on filling while the page lives. */
async function recordFiles(context: BrowserContext, page: Page): Promise<Map<string, TravelledFile>> {
  const files = new Map<string, TravelledFile>();
  const cdp = await context.newCDPSession(page);
  cdp.on("Network.responseReceived", ({ requestId, response }) => {
    const encoding = response.headers["content-encoding"] ?? response.headers["Content-Encoding"] ?? "plain";
    if (!response.url.startsWith("http")) return;
    files.set(requestId, { url: response.url, bytes: 0, headBytes: response.encodedDataLength, encoding });
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const file = files.get(requestId);
    if (file !== undefined) file.bytes = encodedDataLength - file.headBytes;
  });
  await cdp.send("Network.enable");
  return files;
}

const kb = (files: readonly TravelledFile[]) => files.reduce((total, { bytes }) => total + bytes, 0) / 1000;

function list(files: readonly TravelledFile[]): string {
  return files
    .map(({ url, bytes, encoding }) => `${nameOf(url)} ${brief(bytes / 1000)} (${encoding})`)
    .join(", ");
}

function nameOf(url: string): string {
  return new URL(url).pathname.split("/").at(-1) || "/";
}
