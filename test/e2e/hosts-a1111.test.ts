import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { inBrowser } from "../helpers/in-browser.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

const FAKE = fileURLToPath(new URL("../fixtures/hosts/a1111", import.meta.url));
const { browser } = inBrowser();
const readme = readmeSnippets("integrations/a1111/README.md");
const [link, startWebUi] = readme.takeAll("sh").map(({ code }) => code);
let host: PythonHost | undefined;
afterEach(async () => {
  await browser.finishTest();
  await host?.close();
  host = undefined;
});

/** The WebUI with the extension, as the README has it put there. */
async function start(env: NodeJS.ProcessEnv, ready = (url: string) => isPanelUp(`${url}gpu-status-panel/`)) {
  host = await startPythonHost(env);
  const folder = join(host.folder, "webui");
  cpSync(FAKE, folder, { recursive: true });
  host.write("webui/extensions/.keep", "");
  rmSync(join(folder, "extensions/.keep"));
  const places = `export WEBUI="${folder}" WEBUI_PORT=${host.ports.host}\n`;
  await host.run(places + (link ?? ""));
  const url = `http://127.0.0.1:${host.ports.host}/`;
  await host.start(places + (startWebUi ?? ""), () => ready(url));
  return url;
}

const post = async (url: string) => (await fetch(url, { method: "POST" })).status;

test.each(["a1111", "forge"])(
  "HOST-1 HOST-4 %s: a tab shows the panel, a release waits for the job, and the next job runs",
  async (kind) => {
    const url = await start({ WEBUI_KIND: kind });
    const page = await browser.open(url);
    const frame = page.frameLocator("#gpu_status_panel");
    await frame.getByTestId("status").first().getByText("Live").waitFor();
    await frame.locator('.panel[data-theme="dark"]').waitFor();
    await page.evaluate(() => document.body.classList.remove("dark"));
    await frame.locator('.panel[data-theme="light"]').waitFor();

    // While a job holds the lock the sidecar is told that it is busy, and does not call.
    expect(await post(`${url}begin`)).toBe(200);
    await frame.getByRole("button", { name: "Release VRAM" }).click();
    await frame.getByRole("button", { name: "Release after the job" }).click();
    await frame
      .getByText(/waiting/i)
      .first()
      .waitFor();
    expect(await post(`${url}end`)).toBe(200);
    await frame.getByText("6.0 GiB released").first().waitFor();
    expect(await post(`${url}generate`)).toBe(200);
  },
);

test("HOST-3 a1111: with its log-in on, who has not logged in sees no panel", async () => {
  const url = await start({ WEBUI_AUTH: "me:secret" }, async (address) => (await fetch(address)).ok);
  expect((await fetch(`${url}gpu-status-panel/`)).status).toBe(403);
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
