import type { LanguageChoice, PanelSnapshot, Release, ThemeChoice, View } from "../../shared/public-types.ts";

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

/** What templates may write on the tag, beside what any element takes. */
export interface GpuStatusPanelAttributes {
  url?: string | undefined;
  token?: string | undefined;
  theme?: ThemeChoice | undefined;
  lang?: LanguageChoice | undefined;
  view?: View | undefined;
  gpu?: string | number | undefined;
  model?: string | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "gpu-status-panel": GpuStatusPanelElement;
  }
  interface HTMLElementEventMap extends GpuStatusPanelEventMap {}
}

// The tag in frameworks' templates. A page needs none of them: where one is not installed, its lines say nothing.

// biome-ignore lint/suspicious/noTsIgnore: an error is expected only of a user without the framework
/** @ts-ignore React may not be installed. */
type ReactAttributes = import("react").DetailedHTMLProps<
  import("react").HTMLAttributes<GpuStatusPanelElement>,
  GpuStatusPanelElement
>;
interface ReactTag {
  "gpu-status-panel": Omit<ReactAttributes, keyof GpuStatusPanelAttributes> & GpuStatusPanelAttributes;
}
// biome-ignore lint/suspicious/noTsIgnore: an error is expected only of a user without the framework
/** @ts-ignore React may not be installed. */
declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends ReactTag {}
  }
}

// biome-ignore lint/suspicious/noTsIgnore: an error is expected only of a user without the framework
/** @ts-ignore Vue may not be installed. */
type VueAttributes = import("vue").HTMLAttributes;
/** Made by nobody: it is how Vue's tools read attributes and events. */
interface VueTag {
  "gpu-status-panel": new () => GpuStatusPanelElement & {
    $props: Omit<VueAttributes, keyof GpuStatusPanelAttributes> & GpuStatusPanelAttributes;
    $emit: {
      (event: "gpu-state", told: GpuStatusPanelEventMap["gpu-state"]): void;
      (event: "gpu-release", told: GpuStatusPanelEventMap["gpu-release"]): void;
    };
  };
}
// biome-ignore lint/suspicious/noTsIgnore: an error is expected only of a user without the framework
/** @ts-ignore Vue may not be installed. */
declare module "vue" {
  interface GlobalComponents extends VueTag {}
}
