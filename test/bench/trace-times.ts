import type { Browser, Page } from "playwright-core";

/** Complete event of a trace, times in µs; `tdur` is CPU time of the thread. */
interface TraceEvent {
  ph: string;
  name: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
}

const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"];

/** Self time per event name on the page's main thread, CPU ms, over as long as `during` takes. */
export async function traceMainThread(
  browser: Browser,
  page: Page,
  during: () => Promise<void>,
): Promise<Map<string, number>> {
  await browser.startTracing(page, { categories: CATEGORIES });
  let trace: Buffer;
  try {
    await during();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString("utf8")) as { traceEvents: TraceEvent[] };
  return selfTimes(busiestThread(traceEvents));
}

/** The one page that is open is the one that has something to lay out. */
function busiestThread(events: readonly TraceEvent[]): TraceEvent[] {
  const threads = new Map<string, TraceEvent[]>();
  const mains = new Set(
    events.filter(({ name }) => name === "Paint" || name === "UpdateLayoutTree").map(threadOf),
  );
  for (const event of events) {
    if (event.ph !== "X" || !mains.has(threadOf(event))) continue;
    const own = threads.get(threadOf(event)) ?? [];
    own.push(event);
    threads.set(threadOf(event), own);
  }
  return [...threads.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

const threadOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;

function selfTimes(events: TraceEvent[]): Map<string, number> {
  const sorted = [...events].sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const selfMs = new Map<string, number>();
  const add = (name: string, us: number) => selfMs.set(name, (selfMs.get(name) ?? 0) + us / 1000);
  const open: TraceEvent[] = [];
  for (const event of sorted) {
    while (open.length > 0 && endOf(open.at(-1)) <= event.ts) open.pop();
    const time = event.tdur ?? event.dur ?? 0;
    const parent = open.at(-1);
    add(event.name, time);
    if (parent !== undefined) add(parent.name, -time);
    open.push(event);
  }
  return selfMs;
}

const endOf = (event: TraceEvent | undefined) => (event?.ts ?? 0) + (event?.dur ?? 0);
