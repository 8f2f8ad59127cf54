import { FRAME } from "./bar.js";
import { languageOf } from "./words.js";

/** The panel, below the same address as ComfyUI, also where that stands below a path. */
export const PANEL = new URL("../../gpu-status-panel/", import.meta.url);

/** ComfyUI's palettes are many, and some are the user's own: what counts is how bright its menus are. */
function themeOf() {
  const [red = 0, green = 0, blue = 0] = (
    colourOf("var(--comfy-menu-bg, var(--bg-color, #202020))").match(/[\d.]+/g) ?? []
  ).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "light" : "dark";
}

function colourOf(value) {
  const probe = document.createElement("span");
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** What lies behind the panel: the nearest element with a colour of its own. */
function backgroundOf(element) {
  for (let at = element; at !== null; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (!/^rgba\(.*, 0\)$|^transparent$/.test(backgroundColor)) return backgroundColor;
  }
  return colourOf("var(--comfy-menu-bg, #202020)");
}

/** ComfyUI's colours, for the panel lies on its sidebar. Same origin: its page may be reached into. */
function paint(frame) {
  const style = frame.contentDocument?.documentElement?.style;
  if (style === undefined) return;
  const colours = {
    bg: backgroundOf(frame.parentElement),
    surface: colourOf("var(--secondary-background, var(--comfy-input-bg, #222222))"),
    line: colourOf("var(--border-color, #4e4e4e)"),
    text: colourOf("var(--input-text, #dddddd)"),
  };
  for (const [name, value] of Object.entries(colours)) style.setProperty(`--gpu-panel-${name}`, value);
  style.setProperty("background", colours.bg);
}

/** Puts the panel into an element; returns what takes it out again. */
export function showPanel(element) {
  const frame = document.createElement("iframe");
  let theme = themeOf();
  const lang = languageOf() === "zh" ? "zh-CN" : "en";
  frame.src = new URL(`embed?view=compact&theme=${theme}&lang=${lang}`, PANEL).href;
  frame.title = "GPU";
  frame.className = FRAME;
  frame.style.cssText = "display:block;width:100%;min-height:100%;border:0;background:transparent";
  // The panel tells how high it is: the tab scrolls, not the frame in it.
  const follow = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== PANEL.origin) return;
    if (data?.type === "gpu-status-panel:resize") frame.style.height = `${data.height}px`;
  };
  const watch = new MutationObserver(() => {
    paint(frame);
    const now = themeOf();
    if (now === theme) return;
    theme = now;
    frame.contentWindow?.postMessage({ type: "gpu-status-panel:theme", theme }, PANEL.origin);
  });
  addEventListener("message", follow);
  frame.addEventListener("load", () => paint(frame));
  for (const root of [document.documentElement, document.body]) {
    watch.observe(root, { attributes: true, attributeFilter: ["class", "style"] });
  }
  element.style.overflowY = "auto";
  element.replaceChildren(frame);
  return () => {
    removeEventListener("message", follow);
    watch.disconnect();
    frame.remove();
  };
}
