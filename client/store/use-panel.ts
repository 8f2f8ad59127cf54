import { createContext, useContext, useSyncExternalStore } from "react";
import type { PanelSource } from "../connection/source.ts";
import type { PanelState } from "./panel-state.ts";
import type { PanelStore } from "./panel-store.ts";

/** What the parts of a panel share. */
export interface PanelParts {
  store: PanelStore;
  source: PanelSource;
  /** Address of the sidecar, with a slash at the end. */
  address: string;
}

export const PanelContext = createContext<PanelParts | null>(null);

export function usePanelParts(): PanelParts {
  const parts = useContext(PanelContext);
  if (parts === null) throw new Error("this part of the panel stands outside a panel");
  return parts;
}

/** Part of the panel's state. The selector must return the same object while nothing changed. */
export function usePanel<T>(select: (state: PanelState) => T): T {
  const { store } = usePanelParts();
  const get = () => select(store.get());
  return useSyncExternalStore(store.subscribe, get, get);
}
