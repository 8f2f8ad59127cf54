import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { inject } from "vitest";
import { CHROMIUM_FLAGS } from "./chromium-flags.ts";
import { givePageBack, takePage, watchPage } from "./page-pool.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A real Chromium in which no page may complain. */
export interface TestBrowser {
  /**
   * Opens a page that nobody has used before, as far as it can tell.
   * @param prepare has it before it goes anywhere
   * @param again goes there in a page that has shown this origin last and was left as it was; says whether it could
   */
  open(
    url: string,
    options?: BrowserContextOptions,
    prepare?: (page: Page) => void | Promise<void>,
    again?: (page: Page) => Promise<boolean>,
  ): Promise<Page>;
  /**
   * Opens a page that is not ours and is going to be refused something, which Chromium tells in the console of
   * the page that tried. What it logs is kept apart, for the test to assert.
   */
  openForeign(
    url: string,
    options?: BrowserContextOptions,
    prepare?: (page: Page) => void | Promise<void>,
  ): Promise<{ page: Page; logged: string[] }>;
  /** Closes the pages of a test and fails when one of them has logged an error or a warning. */
  finishTest(): Promise<void>;
  close(): Promise<void>;
}

/** One connection for all files of a process: what is not closed is used by the next. */
let shared: Promise<Browser> | undefined;

/** @param moreFlags flags of Chromium that this test alone needs */
export async function launchBrowser(moreFlags: readonly string[] = []): Promise<TestBrowser> {
  const isShared = moreFlags.length === 0;
  if (isShared) shared ??= chromium.connect(inject("chromiumServer"));
  const browser =
    isShared && shared !== undefined
      ? await shared
      : await chromium.launch({
          executablePath: inject("chromiumPath"),
          args: [...CHROMIUM_FLAGS, ...moreFlags],
        });
  const alone: BrowserContext[] = [];
  const pooled: { page: Page; stays: boolean }[] = [];
  const complaints: string[] = [];

  async function openPage(
    url: string,
    given: BrowserContextOptions,
    logged: string[],
    prepare: ((page: Page) => void | Promise<void>) | undefined,
    again: ((page: Page) => Promise<boolean>) | undefined,
  ): Promise<Page> {
    const options = { locale: "en-US", ...given };
    const isAlone = !isShared || prepare !== undefined;
    const page = isAlone
      ? await openAlone(browser, options, logged)
      : (await takePage(browser, url, options, logged, again !== undefined)).page;
    if (isAlone) alone.push(page.context());
    else pooled.push({ page, stays: again !== undefined });
    await prepare?.(page);
    if (!(await again?.(page))) await page.goto(url);
    return page;
  }

  return {
    open: (url, options = {}, prepare, again) => openPage(url, options, complaints, prepare, again),
    async openForeign(url, options = {}, prepare) {
      const logged: string[] = [];
      const page = await openPage(url, options, logged, prepare, undefined);
      return { page, logged };
    },
    async finishTest() {
      for (const { page, stays } of pooled.splice(0)) await givePageBack(page, stays);
      for (const context of alone.splice(0)) await context.close();
      const logged = complaints.splice(0);
      if (logged.length > 0) throw new Error(`The pages logged:\n${logged.join("\n")}`);
    },
    async close() {
      if (!isShared) await browser.close();
    },
  };
}

/** A page that is closed with its test. */
async function openAlone(browser: Browser, options: BrowserContextOptions, logged: string[]): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  watchPage(page, (complaint) => logged.push(complaint));
  return page;
}

/** Violations that axe finds on the page, shadow roots included, as lines to read. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page's own policy forbids inline scripts.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    // The script above has put it there; it has no types of its own in this page.
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    interface AxeViolation {
      id: string;
      help: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    return (await axe.run()).violations;
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html.slice(0, 200)} ${failureSummary ?? ""}`),
  );
}
