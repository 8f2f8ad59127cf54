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
  /** For photographs: fonts that do not depend on the machine. */
  picture?: boolean;
  /** How many GPUs were shown here last. */
  expected?: number;
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
  const opened: Page[] = [];
  afterEach(async () => {
    // A panel that nobody sees would go on drawing.
    for (const page of opened.splice(0)) await page.evaluate(`showNothing()`);
    await browser.finishTest();
  });
  return async (shown: Shown): Promise<Page> => {
    const {
      state,
      view,
      width,
      height = 900,
      lang = "en",
      theme = "light",
      picture = false,
      expected = 0,
    } = shown;
    const search = `?state=${state}&view=${view}&lang=${lang}&theme=${theme}&expected=${expected}${picture ? "&picture" : ""}`;
    const page = await browser.open(
      `${gallery.url}${search}`,
      { viewport: { width, height }, timezoneId: "UTC", reducedMotion: picture ? "reduce" : null },
      undefined,
      async (kept) => {
        if (!kept.url().startsWith(gallery.url)) return false;
        await kept.evaluate(`showLook(${JSON.stringify(search)})`);
        return true;
      },
    );
    opened.push(page);
    await page.locator(view === "bar" ? ".bb" : view === "compact" ? ".cp" : ".view-full").waitFor();
    return page;
  };
}

/** Shows another state in the same panel, or in a new one, and waits until it is drawn. */
export const show = (page: Page, state: string, anew = false) =>
  page.evaluate(
    async ([name, anew]) => {
      const { showState } = window as unknown as {
        showState(name: string, anew: boolean): Promise<void> | undefined;
      };
      await showState(name, anew);
      return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    },
    [state, anew] as const,
  );

/** By how many pixels the page is wider than its place. */
export const overflowOf = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
