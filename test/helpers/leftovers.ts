import type { Page } from "playwright-core";
import { waitUntil } from "./wait-until.ts";

/** What is left of a panel in the page around it. */
export interface Leftovers {
  /** Listeners on the window, the document and media queries, by event. */
  listeners: Record<string, number>;
  /** Timers that are waiting. */
  timers: number;
  observers: number;
}

/** Counts, from the page's beginning on, what is begun and ended in it. Goes into `prepare`. */
export async function countLeftovers(page: Page): Promise<void> {
  await page.addInitScript(watchPage);
}

/** What there is at the moment. */
export function leftoversOf(page: Page): Promise<Leftovers> {
  return page.evaluate(() => Reflect.get(window, "leftovers")());
}

/** Waits until what is left is what is expected; timers of the page's own may still run out. */
export async function expectLeftovers(page: Page, expected: Partial<Leftovers>): Promise<void> {
  let left: Leftovers | undefined;
  await waitUntil(
    async () => {
      left = await leftoversOf(page);
      return JSON.stringify({ ...left, ...expected }) === JSON.stringify(left);
    },
    { what: () => `the page to be as it was, ${JSON.stringify(expected)}; there is ${JSON.stringify(left)}` },
  );
}

/** Serialized: runs in the page before anything else and may use nothing from outside itself. */
function watchPage() {
  const listeners = new Map<string, Set<unknown>>();
  const timers = new Set<unknown>();
  const observers = new Set<unknown>();

  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const nameOf = (target: unknown, type: string) => {
    // A bare call has no target; it means the window.
    if (target === window || target === undefined || target === null) return `window ${type}`;
    if (target === document) return `document ${type}`;
    return target instanceof MediaQueryList ? `media ${type}` : null;
  };
  EventTarget.prototype.addEventListener = function add(type: string, listener, options) {
    const name = nameOf(this, type);
    if (name !== null) listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
    addEventListener.call(this ?? window, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function remove(type: string, listener, options) {
    listeners.get(nameOf(this, type) ?? "")?.delete(listener);
    removeEventListener.call(this ?? window, type, listener, options);
  };

  const { setTimeout, clearTimeout, setInterval, clearInterval } = window;
  Object.assign(window, {
    setTimeout(handler: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
      const id = setTimeout(() => {
        timers.delete(id);
        handler(...args);
      }, ms);
      timers.add(id);
      return id;
    },
    clearTimeout(id: number) {
      timers.delete(id);
      clearTimeout(id);
    },
    setInterval(handler: () => void, ms?: number) {
      const id = setInterval(handler, ms);
      timers.add(id);
      return id;
    },
    clearInterval(id: number) {
      timers.delete(id);
      clearInterval(id);
    },
    leftovers: () => ({
      // What the tests' own hands listen to does not count.
      listeners: Object.fromEntries(
        [...listeners]
          .filter(
            ([name, set]) => set.size > 0 && !/playwright|click|mouse|pointer|touch|contextmenu/.test(name),
          )
          .map(([name, set]) => [name, set.size]),
      ),
      timers: timers.size,
      observers: observers.size,
    }),
  });

  const { observe, disconnect } = ResizeObserver.prototype;
  ResizeObserver.prototype.observe = function begin(...args) {
    observers.add(this);
    observe.apply(this, args);
  };
  ResizeObserver.prototype.disconnect = function end() {
    observers.delete(this);
    disconnect.call(this);
  };
}
