import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

const FAKE = fileURLToPath(new URL("../fixtures/hosts/comfyui", import.meta.url));
const { browser } = inBrowser();
const readme = readmeSnippets("integrations/comfyui/README.md");
const [link, startComfy] = readme.takeAll("sh").map(({ code }) => code);
let host: PythonHost | undefined;
afterEach(async () => {
  await browser.finishTest();
  await host?.close();
  host = undefined;
});

/** A job of the signature in `signature.json` that runs and ends. */
const RAN_ONCE = `
import json, time, gpu_status_panel
signature = json.load(open("signature.json"))
jobs = gpu_status_panel.RunningJobs()
job = jobs.begin(lambda: {"signature": signature, "gpuIndexes": [0]})
while job.id is None:
    time.sleep(0.02)
job.end(peak_mib=12288, least_mib=4096)
while jobs._jobs:
    time.sleep(0.02)
`;

/** ComfyUI with the custom node, as the README has it put there. */
async function startComfyUi(): Promise<string> {
  const env: NodeJS.ProcessEnv = {};
  host = await startPythonHost(env);
  const folder = join(host.folder, "ComfyUI");
  cpSync(FAKE, folder, { recursive: true });
  host.write("ComfyUI/custom_nodes/.keep", "");
  const places = `export COMFYUI="${folder}" COMFYUI_PORT=${host.ports.host}; rm "${folder}/custom_nodes/.keep"; `;
  await host.run(places + (link ?? ""));
  const url = `http://127.0.0.1:${host.ports.host}/`;
  await host.start(places.replace(/rm .*/, "") + (startComfy ?? ""), () =>
    isPanelUp(`${url}gpu-status-panel/`),
  );
  return url;
}

const frameOf = (page: Page) => page.frameLocator("#panel iframe");
const inTheme = (page: Page, theme: string) =>
  frameOf(page).locator(`.panel[data-theme="${theme}"]`).waitFor();
const live = (page: Page) => frameOf(page).getByTestId("status").first().getByText("Live").waitFor();

test("HOST-1 ComfyUI: a tab of the sidebar shows the panel on ComfyUI's port, and releases what ComfyUI frees", async () => {
  const url = await startComfyUi();
  const page = await browser.open(url);
  await page.getByRole("button", { name: "GPU" }).click();
  await live(page);
  await frameOf(page).getByRole("button", { name: "Release VRAM" }).click();
  await frameOf(page).getByRole("button", { name: "Release now" }).click();
  await frameOf(page).getByText("9.0 GiB released").first().waitFor();
});

test("HOST-1 ComfyUI: its command releases too, and tells how that ended", async () => {
  const page = await browser.open(await startComfyUi());
  await page.getByText(/\/24 GB/).waitFor();
  await page.evaluate(
    "import('./scripts/app.js').then(({ app }) => app.extensionManager.command.execute('gpu-status-panel.release'))",
  );
  await page.getByRole("status").getByText("9.0 GiB released.").waitFor();
});

test("HOST-2 ComfyUI: palette and language are followed, the tab closes and opens again, old frontends get a button", async () => {
  const url = await startComfyUi();
  const page = await browser.open(`${url}?locale=zh`);
  await page.getByRole("button", { name: "GPU" }).click();
  await frameOf(page).getByRole("button", { name: "释放显存" }).waitFor();
  await inTheme(page, "dark");
  await page.evaluate(() => document.documentElement.style.setProperty("--comfy-menu-bg", "#f0f0f0"));
  await inTheme(page, "light");
  await page.getByRole("button", { name: "GPU" }).click();
  await page.locator("iframe").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "GPU" }).click();
  await frameOf(page).getByRole("button", { name: "释放显存" }).waitFor();
  await inTheme(page, "light");
  // Below /api too, where ComfyUI has every route a second time.
  expect(await isPanelUp(`${url}api/gpu-status-panel/`)).toBe(true);
  const old = await browser.open(`${url}?old`);
  await old.getByRole("button", { name: "GPU" }).waitFor();
});

test("HOST-3 ComfyUI: pages of other sites can neither read the panel nor release", async () => {
  const url = await startComfyUi();
  const headers = { origin: "https://evil.example", "content-type": "application/json" };
  expect((await fetch(`${url}gpu-status-panel/api/v1/state`, { headers })).status).toBe(403);
  expect((await fetch(`${url}gpu-status-panel/comfyui/glance`, { headers })).status).toBe(403);
  const release = { method: "POST", body: '{"mode":"now"}', headers };
  expect((await fetch(`${url}gpu-status-panel/api/v1/release`, release)).status).toBe(403);
});

test("HOST-7 HOST-7b ComfyUI: before Run a chip says whether the workflow fits, with the reason, and nothing without the sidecar", async () => {
  const url = await startComfyUi();
  const panel = `${url}gpu-status-panel/`;
  const page = await browser.open(url);
  const chip = page.locator(".gpu-status-panel-chip");
  const says = (text: string | RegExp) => expect.poll(() => chip.textContent()).toMatch(text);
  /** Any change of the workflow asks anew. */
  const change = () => page.evaluate("import('./scripts/app.js').then(({ app }) => { app.seed++; })");
  await page.getByText(/\/24 GB/).waitFor();
  await says(/^not known yet$/);
  expect(await chip.getAttribute("title")).toContain("Nothing like it has run here");

  const prompt = await page.evaluate("import('./scripts/app.js').then(({ app }) => app.graphToPrompt())");
  const { output } = v.parse(v.object({ output: v.record(v.string(), v.unknown()) }), prompt);
  const post = (body: unknown) => ({
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  const asked: unknown = await (await fetch(`${panel}comfyui/fit`, post({ prompt: output }))).json();
  const { signature } = v.parse(v.object({ signature: v.record(v.string(), v.unknown()) }), asked);
  expect(signature).toMatchObject({ kind: "video", width: 832, height: 480, frames: 81, steps: 20 });
  // Such a workflow runs once, and takes 12 GiB, of which 4 could not give way.
  host?.write("signature.json", JSON.stringify(signature));
  await host?.run(`PYTHONPATH="$GPU_STATUS_PANEL/integrations/python" python -c '${RAN_ONCE}'`);
  await change();
  await says(/^fits$/);
  expect(await chip.getAttribute("title")).toContain("up to 12.1 GiB");
  // Somebody else takes most of it: what ran with less is tight, not refused.
  host?.fake.set({ gpus: [fakeGpu(0, { "memory.used": 16_000, "memory.total": 24_564 })] });
  await change();
  await says(/^tight$/);
  expect(await chip.getAttribute("title")).toContain("It would have run here with 4.0 GiB");
  host?.fake.set({ gpus: [fakeGpu(0, { "memory.used": 22_000, "memory.total": 24_564 })] });
  await change();
  await says(/^no room now \(\d+\.\d GiB short\)$/);
  await page.route("**/gpu-status-panel/comfyui/*", (route) => route.fulfill({ json: { away: true } }));
  await change();
  await chip.waitFor({ state: "hidden" });
  await page.locator(".gpu-status-panel-glance").waitFor({ state: "hidden" });
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
