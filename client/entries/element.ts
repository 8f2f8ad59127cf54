import type { LanguageChoice, PanelSnapshot, Release, ThemeChoice, View } from "../../shared/public-types.ts";
import { definePanelElement } from "../embedding/panel-element.tsx";

export type * from "../../shared/public-types.ts";

/** `<gpu-status-panel>`; its properties are its attributes. */
export interface GpuStatusPanelElement extends HTMLElement {
  /** Address of the sidecar. Default: where `element.js` was loaded from; from the package `http://127.0.0.1:7870/`. */
  url: string | null;
  token: string | null;
  theme: ThemeChoice | null;
  /** Default: `auto`, the browser's language. */
  lang: LanguageChoice | "";
  view: View | null;
  /** Indexes of the GPUs to show: `0,1`. */
  gpu: string | null;
  model: string | null;
}

/** The element's own events; they bubble. */
export interface GpuStatusPanelEventMap {
  "gpu-state": CustomEvent<PanelSnapshot>;
  "gpu-release": CustomEvent<Release>;
}

declare global {
  interface HTMLElementTagNameMap {
    "gpu-status-panel": GpuStatusPanelElement;
  }
  interface HTMLElementEventMap extends GpuStatusPanelEventMap {}
}

definePanelElement("http://127.0.0.1:7870/");
