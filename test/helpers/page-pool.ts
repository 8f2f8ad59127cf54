import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";

/** A page that is used by one test after the other. */
export interface PooledPage {
  page: Page;
  /** Where its console's errors and warnings go: to the test that has it. */
  logged: string[];
}

interface Kept extends PooledPage {
  context: BrowserContext;
  /** Its context's options, but for the size of its window. */
  kind: string;
  /** Origins that may have left something in its storage. */
  visited: Set<string>;
  /** Something was changed that a page keeps for good. */
  isAltered: boolean;
}

/** What a page keeps whatever it shows; who asks for one of them has the page for himself. */
const ALTERING = [
  ...["addInitScript", "clock", "emulateMedia", "exposeBinding", "exposeFunction", "grantPermissions"],
  ...["newCDPSession", "route", "routeWebSocket", "setDefaultTimeout", "setExtraHTTPHeaders", "setOffline"],
];
const USUAL_SIZE = { width: 1280, height: 720 };
/** Each idle page is a process. */
const MOST_IDLE = 4;

const idle: Kept[] = [];
const busy = new Map<Page, Kept>();

/**
 * A page as good as new: one that another test has had, where there is one of the same kind that has never shown
 * anything of this origin. A context and a process for each would take half of the CPU time of most tests.
 * @param again better one that has shown this origin last, as it was left
 */
export async function takePage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  logged: string[],
  again: boolean,
): Promise<PooledPage> {
  const { viewport = USUAL_SIZE, ...others } = options;
  const kind = JSON.stringify(others);
  const { origin } = new URL(url);
  const found = idle.findIndex((one) => one.kind === kind && one.visited.has(origin) === again);
  const [kept] = found < 0 ? [] : idle.splice(found, 1);
  const taken = kept ?? (await newPage(browser, options, kind));
  taken.logged = logged;
  busy.set(taken.page, taken);
  if (kept !== undefined && viewport !== null) await kept.page.setViewportSize(viewport);
  return taken;
}

/** The test that had it has ended. @param stays it is left where it is */
export async function givePageBack(page: Page, stays: boolean): Promise<void> {
  const kept = busy.get(page);
  if (kept === undefined) return;
  busy.delete(page);
  if (kept.isAltered || page.isClosed() || kept.context.pages().length > 1) return kept.context.close();
  // A pointer that rests where the next page has a button would open its hint.
  await page.mouse.move(-100, -100);
  if (!stays) await page.goto("about:blank");
  // Cookies know no ports: those of one sidecar would be sent to the next.
  await kept.context.clearCookies();
  kept.logged = [];
  idle.push(kept);
  if (idle.length > MOST_IDLE) await idle.shift()?.context.close();
}

async function newPage(browser: Browser, options: BrowserContextOptions, kind: string): Promise<Kept> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const kept: Kept = { page, logged: [], context, kind, visited: new Set(), isAltered: false };
  watchPage(page, (complaint) => kept.logged.push(complaint));
  page.on("framenavigated", (frame) => {
    if (URL.canParse(frame.url())) kept.visited.add(new URL(frame.url()).origin);
  });
  for (const altered of [page, context])
    for (const name of ALTERING) {
      const really: unknown = Reflect.get(altered, name);
      Object.defineProperty(altered, name, {
        configurable: true,
        get() {
          kept.isAltered = true;
          return really;
        },
      });
    }
  return kept;
}

/** Tells what a page logs as an error or a warning, and has it wait as long as a busy machine takes. */
export function watchPage(page: Page, tell: (complaint: string) => void): void {
  // A machine that does much else loads and draws a page in ten times the usual time.
  page.setDefaultTimeout(45_000);
  page.on("console", (message) => {
    const type = message.type();
    if (type === "error" || type === "warning") tell(`${type}: ${message.text()}`);
  });
  page.on("pageerror", (error) => tell(`uncaught: ${error.message}`));
}
