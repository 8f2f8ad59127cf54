import css from "../styles/panel.css?inline";

/** A panel's place in a page. */
export interface Shadow {
  /** Where the panel is drawn. */
  mount: HTMLElement;
  /** Takes everything out again; the element keeps its empty shadow root, which nobody can take away. */
  close(): void;
}

/**
 * Makes a shadow root in `element` with the panel's styles: the only way styles reach a panel, and the wall that
 * keeps them from leaking in or out. A constructed sheet also passes policies that forbid inline styles.
 */
export function openShadow(element: HTMLElement): Shadow {
  const shadow = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [sheet];
  const mount = document.createElement("div");
  mount.className = "root";
  shadow.replaceChildren(mount);
  return {
    mount,
    close() {
      shadow.replaceChildren();
      shadow.adoptedStyleSheets = [];
    },
  };
}
