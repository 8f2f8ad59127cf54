import { app } from "../../scripts/app.js";

/** The panel, below the same address as ComfyUI, also where that stands below a path. */
const PANEL = new URL("../../gpu-status-panel/", import.meta.url);
const ID = "gpu-status-panel";

/** ComfyUI's palettes are many, and some are the user's own: what counts is how bright its menus are. */
function themeOf() {
  const probe = document.createElement("span");
  probe.style.color = "var(--comfy-menu-bg, var(--bg-color, #202020))";
  document.body.append(probe);
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
  probe.remove();
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "light" : "dark";
}

function languageOf() {
  const chosen = app.extensionManager?.setting?.get?.("Comfy.Locale") ?? navigator.language;
  return String(chosen).startsWith("zh") ? "zh-CN" : "en";
}

/** Puts the panel into an element; returns what takes it out again. */
function show(element) {
  const frame = document.createElement("iframe");
  let theme = themeOf();
  frame.src = new URL(`embed?view=compact&theme=${theme}&lang=${languageOf()}`, PANEL).href;
  frame.title = "GPU";
  frame.style.cssText =
    "display:block;width:100%;height:100%;min-height:320px;border:0;background:transparent";
  // The panel tells how high it is: the tab scrolls, not the frame in it.
  const follow = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== PANEL.origin) return;
    if (data?.type === "gpu-status-panel:resize") frame.style.height = `${data.height}px`;
  };
  const watch = new MutationObserver(() => {
    const now = themeOf();
    if (now === theme) return;
    theme = now;
    frame.contentWindow?.postMessage({ type: "gpu-status-panel:theme", theme }, PANEL.origin);
  });
  addEventListener("message", follow);
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

/** Frontends from before the sidebar get a button that opens the panel in a window of its own. */
function addButton() {
  const button = document.createElement("button");
  button.textContent = "GPU";
  button.title = "GPU status";
  button.onclick = () => open(PANEL.href, ID, "width=420,height=760");
  (app.ui?.menuContainer ?? document.body).append(button);
}

app.registerExtension({
  name: ID,
  async setup() {
    if (typeof app.extensionManager?.registerSidebarTab !== "function") return addButton();
    let hide = () => {};
    app.extensionManager.registerSidebarTab({
      id: ID,
      icon: "pi pi-chart-bar",
      title: "GPU",
      tooltip: "GPU status · GPU 状态",
      type: "custom",
      render(element) {
        hide();
        hide = show(element);
      },
      destroy() {
        hide();
        hide = () => {};
      },
    });
  },
});
