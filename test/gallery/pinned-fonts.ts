import "@fontsource-variable/inter";
import "@fontsource-variable/noto-sans-sc";

/** Has the panel use fonts that come with the tests: a picture of it must not depend on those of the machine. */
export function pinFonts({ shadowRoot }: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  // Precise: letters stand where the font has them, whatever the machine's settings would make of that.
  sheet.replaceSync(`.panel {
    --font: "Inter Variable", "Noto Sans SC Variable" !important;
    text-rendering: geometricPrecision;
    text-spacing-trim: space-all;
  }
  code { font-family: "Inter Variable" !important; }`);
  shadowRoot?.adoptedStyleSheets.push(sheet);
}
