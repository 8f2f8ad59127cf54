import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { serveGallery } from "./gallery.ts";

export interface Shown {
  state: string;
  view: string;
  width: number;
  height?: number;
  lang?: string;
  theme?: string;
}

/** The gallery in a Chromium, for the tests of a file; both are ended by themselves. */
export function inGallery() {
  let browser: TestBrowser;
  let gallery: { url: string; close(): void };
  beforeAll(async () => {
    browser = await launchBrowser();
    gallery = await serveGallery();
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    gallery.close();
  });
  afterEach(() => browser.finishTest());
  return async ({ state, view, width, height = 900, lang = "en", theme = "light" }: Shown): Promise<Page> => {
    const page = await browser.open(
      `${gallery.url}?state=${state}&view=${view}&lang=${lang}&theme=${theme}`,
      { viewport: { width, height }, timezoneId: "UTC" },
    );
    await page.locator(view === "bar" ? ".bb" : view === "compact" ? ".cp" : ".view-full").waitFor();
    return page;
  };
}

/** Shows another state in the same panel, and waits until it is drawn. */
export const show = (page: Page, state: string) =>
  page.evaluate((name) => {
    const { showState } = window as unknown as { showState(name: string): void };
    showState(name);
    return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }, state);

/** By how many pixels the page is wider than its place. */
export const overflowOf = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
