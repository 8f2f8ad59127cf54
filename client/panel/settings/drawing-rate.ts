import { createMemory } from "../../embedding/remember.ts";
import type { PanelStore } from "../../store/panel-store.ts";

/** How often a page draws new samples: as they come, or every so many seconds. What is no sample is shown at once. */
export const DRAWING_RATES = ["1", "2", "5", "10"] as const;
export type DrawingRate = (typeof DRAWING_RATES)[number];

const memory = () => createMemory(() => localStorage);

/** What was chosen in this browser. */
export function drawingRate(): DrawingRate {
  const chosen = memory().get("draw");
  return DRAWING_RATES.find((rate) => rate === chosen) ?? "1";
}

export function setDrawingRate(store: PanelStore, rate: DrawingRate): void {
  memory().set("draw", rate);
  applyDrawingRate(store, rate);
}

export function applyDrawingRate(store: PanelStore, rate: DrawingRate): void {
  const everyMs = rate === "1" ? 0 : Number(rate) * 1000;
  store.pace((notify) => (everyMs === 0 ? notify : seldom(notify, everyMs)));
}

/** Calls at once, and then at most every so often; the last one is never lost. Pure but for time. */
export function seldom(notify: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = false;
  const rest = () => {
    timer = setTimeout(() => {
      timer = undefined;
      if (!asked) return;
      asked = false;
      notify();
      rest();
    }, everyMs);
  };
  return () => {
    if (timer !== undefined) {
      asked = true;
      return;
    }
    notify();
    rest();
  };
}
