import type { PanelSource } from "../connection/source.ts";
import { applyEvent } from "./apply-event.ts";
import { INITIAL_STATE, type PanelState } from "./panel-state.ts";

/** One panel's state, fed by its source. */
export interface PanelStore {
  get(): PanelState;
  subscribe(listener: () => void): () => void;
  /** Has listeners told of samples in another way, such as less often. */
  pace(how: (notify: () => void) => () => void): void;
  close(): void;
}

export function createPanelStore(source: PanelSource): PanelStore {
  let state = INITIAL_STATE;
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  let drawSample = notify;
  const unsubscribe = source.subscribe((event) => {
    const next = applyEvent(state, event);
    if (next === state) return;
    state = next;
    (event.type === "turn" && event.sample !== null ? drawSample : notify)();
  });
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pace(how) {
      drawSample = how(notify);
    },
    close() {
      unsubscribe();
      listeners.clear();
    },
  };
}
