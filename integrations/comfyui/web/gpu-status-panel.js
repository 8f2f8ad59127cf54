import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { ask, every } from "./ask.js";
import { addStyle, CHIP, GLANCE, write } from "./bar.js";
import { PANEL, showPanel } from "./panel-tab.js";
import { isQuiet } from "./quiet.js";
import { gib, verdict } from "./verdict.js";
import { languageOf, words } from "./words.js";

const ID = "gpu-status-panel";
const setting = (name) => app.extensionManager?.setting?.get?.(`${ID}.${name}`);
const glance = { badge: null, release: null };

function toast(severity, detail) {
  const { toast: toasts } = app.extensionManager ?? {};
  toasts?.add?.({ severity, summary: words().title, detail, life: 6000 });
}

/** Frontends from before the sidebar get a button that opens the panel in a window of its own. */
function addButton() {
  const button = document.createElement("button");
  button.textContent = "GPU";
  button.title = "GPU status";
  button.onclick = () => open(PANEL.href, ID, "width=420,height=760");
  (app.ui?.menuContainer ?? document.body).append(button);
}

function addTab() {
  let hide = () => {};
  app.extensionManager.registerSidebarTab({
    id: ID,
    icon: "pi pi-chart-bar",
    title: "GPU",
    tooltip: "GPU status · GPU 状态",
    iconBadge: () => glance.badge,
    type: "custom",
    render(element) {
      hide();
      hide = showPanel(element);
    },
    destroy() {
      hide();
      hide = () => {};
    },
  });
}

const openTab = () =>
  app.extensionManager?.command?.execute?.(`Workspace.ToggleSidebarTab.${ID}`) ??
  open(PANEL.href, ID, "width=420,height=760");

async function release() {
  const answer = await ask("api/v1/release", { mode: "after-current" });
  if (answer?.status === 202) {
    // It may be over before this page looks again.
    glance.release = { id: answer.body.id, state: "asked" };
    return toast("info", words().asked);
  }
  toast("error", words().refused(answer?.body.message ?? "…"));
}

/** How a release has ended that this page has seen begin. */
function tellRelease({ id, state, freedMiB, message }) {
  const was = glance.release;
  glance.release = { id, state };
  const isOver = state === "done" || state === "failed";
  if (!isOver || was === null || was.id !== id || was.state === state) return;
  if (state === "done") toast("success", words().released(gib(freedMiB ?? 0)));
  else toast("error", words().failed(message ?? ""));
}

function tellAway({ kind, ...more }) {
  if (kind === "waits" || kind === "late") toast(kind === "late" ? "warn" : "info", words()[kind](more));
}

async function look() {
  const answer = await ask("comfyui/glance");
  const seen = answer?.status === 200 ? answer.body : null;
  const isShown = seen !== null && setting("glance") !== false;
  write(GLANCE, isShown ? { text: words().glance(seen), why: words().glanceTip(seen) } : null);
  glance.badge = seen === null || seen.alerts === 0 ? null : String(seen.alerts);
  if (seen !== null) tellRelease(seen.release);
}

let asked = { text: "", atMs: 0 };
/** VRAM changes while the workflow does not. */
const AGAIN_MS = 10_000;

/** Asks whether the workflow fits, where it or the time has changed; never while the page has better to do. */
async function check(now = false) {
  if (setting("fit") === false) return write(CHIP, null);
  const output = await promptOf();
  if (output === null) return write(CHIP, null);
  const text = JSON.stringify(output);
  if (!now && text === asked.text && Date.now() - asked.atMs < AGAIN_MS) return;
  asked = { text, atMs: Date.now() };
  const answer = await ask("comfyui/fit", { prompt: output, lang: languageOf() === "zh" ? "zh-CN" : "en" });
  const said = answer?.status === 200 ? verdict(answer.body, words()) : null;
  // An answer for a workflow of before says nothing of this one.
  if (asked.text === text) write(CHIP, said);
  return said;
}

/** The workflow as it would run; nodes that do something when they are read are not read. */
async function promptOf() {
  const nodes = app.graph?._nodes ?? app.graph?.nodes ?? [];
  if (nodes.length === 0 || !isQuiet(nodes)) return null;
  await new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done, { timeout: 1000 }));
  try {
    const { output } = await app.graphToPrompt();
    return Object.keys(output ?? {}).length === 0 ? null : output;
  } catch {
    return null;
  }
}

async function checkAloud() {
  const said = await check(true);
  if (said) toast(said.kind === "fits" ? "success" : "info", `${said.text}\n${said.why}`);
}

const label = (name) => (languageOf() === "zh" ? `GPU：${words()[name]}` : `GPU: ${words()[name]}`);

app.registerExtension({
  name: ID,
  actionBarButtons: [
    { icon: "pi pi-chart-bar", label: "GPU", tooltip: "GPU", class: GLANCE, onClick: () => openTab() },
    { icon: "", label: "…", tooltip: "GPU", class: CHIP, onClick: () => checkAloud() },
  ],
  commands: [
    { id: `${ID}.open`, label: label("open"), icon: "pi pi-chart-bar", function: () => openTab() },
    { id: `${ID}.release`, label: label("release"), icon: "pi pi-eraser", function: () => release() },
    { id: `${ID}.check`, label: label("check"), icon: "pi pi-question-circle", function: () => checkAloud() },
  ],
  keybindings: [{ combo: { key: "g", alt: true, shift: true }, commandId: `${ID}.open` }],
  menuCommands: [{ path: ["GPU"], commands: [`${ID}.open`, `${ID}.release`, `${ID}.check`] }],
  settings: [
    {
      id: `${ID}.glance`,
      category: ["GPU", "Bar", "glance"],
      name: "Show VRAM left of Run",
      type: "boolean",
      defaultValue: true,
      onChange: () => void look(),
    },
    {
      id: `${ID}.fit`,
      category: ["GPU", "Bar", "fit"],
      name: "Tell before Run whether the workflow fits",
      type: "boolean",
      defaultValue: true,
      onChange: () => void check(true),
    },
    {
      id: `${ID}.gate`,
      category: ["GPU", "Queue", "gate"],
      name: "Let prompts wait until their VRAM is free",
      type: "boolean",
      defaultValue: false,
      onChange: (on) => void ask("comfyui/gate", { on: on === true }),
    },
  ],
  async setup() {
    if (typeof app.extensionManager?.registerSidebarTab !== "function") return addButton();
    addTab();
    addStyle();
    every(3000, look);
    every(1500, check);
    // Of the prompt that runs, where it gave way to another program and takes the card back.
    api.addEventListener(ID, ({ detail }) => tellAway(detail));
  },
});
