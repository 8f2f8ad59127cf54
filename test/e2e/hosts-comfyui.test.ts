import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
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
  const release = { method: "POST", body: '{"mode":"now"}', headers };
  expect((await fetch(`${url}gpu-status-panel/api/v1/release`, release)).status).toBe(403);
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
