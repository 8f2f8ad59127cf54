import type { PanelSource } from "../connection/source.ts";
import { applyEvent } from "./apply-event.ts";
import { INITIAL_STATE, type PanelState } from "./panel-state.ts";

/** One panel's state, fed by its source. */
export interface PanelStore {
  get(): PanelState;
  subscribe(listener: () => void): () => void;
  close(): void;
}

export function createPanelStore(source: PanelSource): PanelStore {
  let state = INITIAL_STATE;
  const listeners = new Set<() => void>();
  const unsubscribe = source.subscribe((event) => {
    const next = applyEvent(state, event);
    if (next === state) return;
    state = next;
    for (const listener of [...listeners]) listener();
  });
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      unsubscribe();
      listeners.clear();
    },
  };
}
