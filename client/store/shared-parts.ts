import type { LiveSourceOptions } from "../connection/live-source.ts";
import type { PanelSource } from "../connection/source.ts";
import { createPanelStore } from "./panel-store.ts";
import type { PanelParts } from "./use-panel.ts";

/** A panel's share of a connection. */
export interface Lease {
  parts: PanelParts;
  /** The last one to end closes the connection. Idempotent. */
  end(): void;
}

/** The connections of a page: one for each sidecar and token, however many panels show it. */
export interface SharedParts {
  lease(options: LiveSourceOptions): Lease;
}

/**
 * @param open opens a connection
 * @param isVisible whether anybody can see the page; `onVisible` tells when that changes
 */
export function createSharedParts(
  open: (options: LiveSourceOptions) => PanelSource,
  { isVisible, onVisible }: { isVisible(): boolean; onVisible(listener: () => void): () => void },
): SharedParts {
  const shared = new Map<string, { parts: PanelParts; holders: number; close(): void }>();

  function connect(key: string, options: LiveSourceOptions) {
    const source = open(options);
    const store = createPanelStore(source);
    const follow = () => source.setVisible(isVisible());
    const stopFollowing = onVisible(follow);
    follow();
    const entry = {
      parts: { source, store, address: options.baseUrl },
      holders: 0,
      close() {
        shared.delete(key);
        stopFollowing();
        store.close();
        source.close();
      },
    };
    shared.set(key, entry);
    return entry;
  }

  return {
    lease(options) {
      const key = JSON.stringify([options.baseUrl, options.token]);
      const entry = shared.get(key) ?? connect(key, options);
      entry.holders++;
      entry.parts.source.wantHistory(options.historyMs);
      let ended = false;
      return {
        parts: entry.parts,
        end() {
          if (ended) return;
          ended = true;
          entry.holders--;
          // Not at once: a panel that is moved, or mounted twice by StrictMode, ends and begins in one turn.
          queueMicrotask(() => {
            if (entry.holders === 0 && shared.get(key) === entry) entry.close();
          });
        },
      };
    },
  };
}
