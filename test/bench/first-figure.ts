/** What the page itself notes about its first GPU figure. */
export interface FirstFigure {
  /** Page clock, ms since navigation. */
  atMs: number;
  /** Addresses that had arrived in full by then. */
  arrived: string[];
}

/**
 * Runs in the page before anything else and notes in `window.firstFigure` when the first figure of a GPU was in
 * the panel's shadow root. Serialized: it may use nothing from outside itself.
 */
export function noteFirstFigure(selector: string): void {
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(init) {
    const root = attach.call(this, init);
    const observer = new MutationObserver(() => {
      const text = root.querySelector(selector)?.textContent ?? "—";
      if (!/\d/.test(text)) return;
      observer.disconnect();
      const atMs = performance.now();
      const arrived = performance
        .getEntriesByType("resource")
        .filter((entry) => entry instanceof PerformanceResourceTiming && entry.responseEnd <= atMs)
        .map(({ name }) => name);
      Object.assign(globalThis, { firstFigure: { atMs, arrived: [location.href, ...arrived] } });
    });
    observer.observe(root, { subtree: true, childList: true, characterData: true });
    return root;
  };
}
