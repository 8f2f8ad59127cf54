const EVENT = "gpu-panel-whole-recording";

/** Asks the timeline of the same panel to show a stretch of this length (ms). */
export function showWhole(from: Element, lengthMs: number) {
  from.closest(".panel")?.dispatchEvent(new CustomEvent(EVENT, { detail: lengthMs }));
}

/** Tells when the whole recording is asked for in the panel around an element, and how long it is (ms). */
export function onShowWhole(within: Element, show: (lengthMs: number) => void): () => void {
  const panel = within.closest(".panel");
  const listener = (event: Event) => {
    if (event instanceof CustomEvent && typeof event.detail === "number") show(event.detail);
  };
  panel?.addEventListener(EVENT, listener);
  return () => panel?.removeEventListener(EVENT, listener);
}
