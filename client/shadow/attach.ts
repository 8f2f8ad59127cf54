import type { ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import css from "../styles/panel.css?inline";

/** A panel's place in a page: a shadow root, so that styles leak neither in nor out. */
export interface PanelPlace {
  render(node: ReactNode): void;
  /** Takes the panel out again and leaves the element as it was found, save for its empty shadow root. */
  remove(): void;
}

/** Makes a shadow root in `element` with the panel's styles: the only way styles reach a panel. */
export function attach(element: HTMLElement): PanelPlace {
  const shadow = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = css;
  const mount = document.createElement("div");
  shadow.replaceChildren(style, mount);
  const root: Root = createRoot(mount);
  return {
    render: (node) => root.render(node),
    remove() {
      root.unmount();
      shadow.replaceChildren();
    },
  };
}
