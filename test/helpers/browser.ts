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

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A real Chromium in which no page may complain. */
export interface TestBrowser {
  /** Opens a page in a context of its own; `prepare` has it before it goes anywhere. */
  open(
    url: string,
    options?: BrowserContextOptions,
    prepare?: (page: Page) => void | Promise<void>,
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

/** @param moreFlags flags of Chromium that this test alone needs */
export async function launchBrowser(moreFlags: readonly string[] = []): Promise<TestBrowser> {
  // One Chromium serves the whole run; what a test opens in it lies in contexts of its own.
  const browser: Browser =
    moreFlags.length === 0
      ? await chromium.connect(inject("chromiumServer"))
      : await chromium.launch({
          executablePath: inject("chromiumPath"),
          args: [...CHROMIUM_FLAGS, ...moreFlags],
        });
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  async function openPage(
    url: string,
    options: BrowserContextOptions,
    logged: string[],
    prepare: (page: Page) => void | Promise<void> = () => {},
  ): Promise<Page> {
    const context = await browser.newContext({ locale: "en-US", ...options });
    contexts.push(context);
    const page = await context.newPage();
    // A machine that does much else loads and draws a page in ten times the usual time.
    page.setDefaultTimeout(45_000);
    page.on("console", (message) => {
      const type = message.type();
      if (type === "error" || type === "warning") logged.push(`${type}: ${message.text()}`);
    });
    page.on("pageerror", (error) => logged.push(`uncaught: ${error.message}`));
    await prepare(page);
    await page.goto(url);
    return page;
  }

  return {
    open: (url, options = {}, prepare) => openPage(url, options, complaints, prepare),
    async openForeign(url, options = {}, prepare) {
      const logged: string[] = [];
      const page = await openPage(url, options, logged, prepare);
      return { page, logged };
    },
    async finishTest() {
      for (const context of contexts.splice(0)) await context.close();
      const logged = complaints.splice(0);
      if (logged.length > 0) throw new Error(`The pages logged:\n${logged.join("\n")}`);
    },
    close: () => browser.close(),
  };
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
