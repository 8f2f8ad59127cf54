import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, CDPSession, Page } from "playwright-core";
import { withBusySidecar } from "./busy-machine.ts";
import { brief, type Figure, type Section, type SectionResult } from "./figure.ts";
import { startNodeChild } from "./node-child.ts";
import { traceMainThread } from "./trace-times.ts";
import { withChromium } from "./with-chromium.ts";

const VIEWPORT = { width: 1600, height: 1300 };
const SETTLE_MS = 10_000;
const MEASURE_MS = 30_000;
const TRACE_MS = 20_000;
const METRICS = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration"] as const;
/** Main-thread stages behind style and layout, up to handing the frame over. */
const PAINT_EVENTS = ["PrePaint", "Paint", "Layerize", "UpdateLayer", "CompositeLayers", "Commit"];

interface View {
  name: string;
  path: string;
  shows: string;
  /** How many times the plain page's work it may be. */
  timesPlain?: number;
}

/** The full view last: by then there is more than a minute of history to draw. */
const VIEWS: readonly View[] = [
  { name: "bar", path: "embed?view=bar", shows: ".cell .strong" },
  { name: "compact", path: "embed?view=compact", shows: ".cr:not(.th) .pc", timesPlain: 2 },
  { name: "full", path: "", shows: ".hist svg.recharts-surface", timesPlain: 6 },
];

/** What a page that is just being looked at costs: CPU ms of its main thread per second. */
export const pageSection: Section = () =>
  withBusySidecar(async ({ url }) => {
    // Somebody watches from the beginning, so that history grows at the full rate.
    const watcher = await startNodeChild("viewers.mjs", [url, "1"]);
    try {
      return await withChromium((browser) => measureViews(browser, url));
    } finally {
      await watcher.end();
    }
  });

async function measureViews(browser: Browser, baseUrl: string): Promise<SectionResult> {
  const figures: Figure[] = [];
  const notes = [
    "CPU ms of the page's main thread per second, one sample a second, 8 GPUs. Work: script, layout, style, paint.",
    "Baseline of the work: a page without anything that writes as many figures by textContent, in the same run; of all",
    "tasks: a blank page. Below: the parts of the work, then self times of a second, traced run.",
  ];
  const blank = await measure(browser, "about:blank", null);
  const plain = workOf(await measure(browser, PLAIN_PAGE, null));
  for (const { name, path, shows, timesPlain } of VIEWS) {
    const times = await measure(browser, `${baseUrl}${path}`, shows);
    figures.push(
      {
        name: `${name}: work`,
        value: workOf(times),
        unit: "ms/s",
        baseline: plain,
        ...(timesPlain === undefined ? {} : { aim: timesPlain * plain }),
      },
      { name: `${name}: all tasks`, value: times.task, unit: "ms/s", baseline: blank.task },
    );
    if (timesPlain !== undefined)
      figures.push({ name: `${name}: elements`, value: times.elements, unit: "", aim: 1500 });
    notes.push(`${name}: ${partsOf(times)}; ${times.place}`, `${name}, traced: ${times.traced}`);
  }
  return { figures, notes };
}

/** Of the main thread, CPU ms per second. */
export const workOf = ({
  script,
  layout,
  style,
  paint,
}: Record<"script" | "layout" | "style" | "paint", number>) => script + layout + style + paint;

/** Eight GPUs with six figures each, a sample a second: what no page that shows them can do without. */
const PLAIN_PAGE = `data:text/html,${encodeURIComponent(`<!doctype html><table>${"<tr><td>0<td>0<td>0<td>0<td>0<td>0".repeat(8)}</table>
<script>
  const cells = [...document.querySelectorAll("td")];
  setInterval(() => cells.forEach((cell) => { cell.textContent = String(Math.round(Math.random() * 1000)); }), 1000);
</script>`)}`;

/** Opens the page in a context of its own; `shows` must be on it and in sight. */
export async function measure(browser: Browser, url: string, shows: string | null) {
  const context = await browser.newContext({ viewport: VIEWPORT, locale: "en-US" });
  try {
    const page = await context.newPage();
    await page.goto(url);
    let place = "";
    if (shows !== null) {
      await page.locator(shows).first().waitFor({ timeout: 30_000 });
      place = await bringIntoSight(page, shows);
    }
    const cdp = await context.newCDPSession(page);
    // CPU time, not time on the clock: other work on this machine must not count.
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    await sleep(SETTLE_MS);
    const before = await readMetrics(cdp);
    await sleep(MEASURE_MS);
    const after = await readMetrics(cdp);
    const rate = (i: number) => ((after[i] ?? 0) - (before[i] ?? 0)) / (MEASURE_MS / 1e6);
    const traced = await traceMainThread(browser, page, () => sleep(TRACE_MS));
    const perSecond = (name: string) => (traced.get(name) ?? 0) / (TRACE_MS / 1000);
    return {
      script: rate(0),
      layout: rate(1),
      style: rate(2),
      task: rate(3),
      paint: PAINT_EVENTS.reduce((total, name) => total + perSecond(name), 0),
      place,
      elements: await page.evaluate(countElements),
      traced: [...traced.keys()]
        .map((name) => ({ name, ms: perSecond(name) }))
        .sort((a, b) => b.ms - a.ms)
        .slice(0, 14)
        .map(({ name, ms }) => `${name} ${brief(ms)}`)
        .join(", "),
    };
  } finally {
    await context.close();
  }
}

/** Seconds, in the order of {@link METRICS}. */
async function readMetrics(cdp: CDPSession): Promise<number[]> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return METRICS.map((wanted) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN);
}

/** All elements of the page, also in shadow roots. Serialized: it may use nothing from outside itself. */
function countElements(): number {
  const count = (root: Document | ShadowRoot): number =>
    [...root.querySelectorAll("*")].reduce(
      (sum, { shadowRoot }) => sum + 1 + (shadowRoot === null ? 0 : count(shadowRoot)),
      0,
    );
  return count(document);
}

async function bringIntoSight(page: Page, shows: string): Promise<string> {
  const element = page.locator(shows).first();
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  if (box === null) throw new Error(`${shows} has no place on the page`);
  return `${shows} at y ${brief(box.y)}, ${brief(box.height)} px high, of ${VIEWPORT.height}`;
}

function partsOf({ script, layout, style, paint }: Record<"script" | "layout" | "style" | "paint", number>) {
  return `script ${brief(script)}, layout ${brief(layout)}, style ${brief(style)}, paint ${brief(paint)}`;
}
