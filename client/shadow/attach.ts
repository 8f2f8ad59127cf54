import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { openShadow } from "./open-shadow.ts";

/** A panel drawn by a React of its own. */
export interface PanelPlace {
  render(node: ReactNode): void;
  /** Takes the panel out again and leaves the element as it was found, save for its empty shadow root. */
  remove(): void;
}

/** Makes a place for a panel in `element`. */
export function attach(element: HTMLElement): PanelPlace {
  const { mount, close } = openShadow(element);
  const root = createRoot(mount);
  return {
    render: (node) => root.render(node),
    remove() {
      root.unmount();
      close();
    },
  };
}
