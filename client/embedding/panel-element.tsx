import { attach, type PanelPlace } from "../shadow/attach.ts";
import { createBrowserParts } from "./browser-parts.ts";
import { HeldPanel } from "./HeldPanel.tsx";
import { OPTION_NAMES, readPanelOptions } from "./panel-options.ts";

/** Name of the custom element. */
const TAG = "gpu-status-panel";
const ATTRIBUTES = ["url", "token", ...OPTION_NAMES] as const;

/**
 * Defines `<gpu-status-panel>` unless the page has it already; does nothing where there are no custom elements.
 * @param defaultUrl the sidecar of an element without `url`
 */
export function definePanelElement(defaultUrl: string): void {
  if (typeof customElements === "undefined" || customElements.get(TAG) !== undefined) return;
  const connections = createBrowserParts();

  class GpuStatusPanelElement extends HTMLElement {
    static readonly observedAttributes = ATTRIBUTES;
    #place: PanelPlace | null = null;
    readonly #onState = (detail: unknown) => this.#publish("gpu-state", detail);
    readonly #onRelease = (detail: unknown) => this.#publish("gpu-release", detail);

    connectedCallback() {
      for (const name of ATTRIBUTES) adopt(this, name);
      this.#place ??= attach(this);
      this.#draw();
    }

    disconnectedCallback() {
      // An element that is moved is taken out and put in again in one turn: it keeps all it has.
      queueMicrotask(() => {
        if (this.isConnected) return;
        this.#place?.remove();
        this.#place = null;
      });
    }

    /** Called for `moveBefore` in place of the two above: there is nothing to do. */
    connectedMoveCallback() {}

    attributeChangedCallback() {
      this.#draw();
    }

    #draw() {
      this.#place?.render(
        <HeldPanel
          connections={connections}
          url={this.getAttribute("url") ?? defaultUrl}
          token={this.getAttribute("token")}
          options={readPanelOptions((name) => this.getAttribute(name))}
          onState={this.#onState}
          onRelease={this.#onRelease}
        />,
      );
    }

    #publish(type: string, detail: unknown) {
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    }
  }
  for (const name of ATTRIBUTES) reflect(GpuStatusPanelElement.prototype, name);
  customElements.define(TAG, GpuStatusPanelElement);
}

/** A property that was set before the element was defined hides ours: it is set anew. */
function adopt(element: HTMLElement, name: string) {
  if (!Object.hasOwn(element, name)) return;
  const value: unknown = Reflect.get(element, name);
  Reflect.deleteProperty(element, name);
  Reflect.set(element, name, value);
}

/** Lets a framework that sets properties reach the attribute. */
function reflect(prototype: HTMLElement, name: string) {
  if (name in prototype) return;
  Object.defineProperty(prototype, name, {
    enumerable: true,
    configurable: true,
    get(this: HTMLElement) {
      return this.getAttribute(name);
    },
    set(this: HTMLElement, value: unknown) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    },
  });
}
