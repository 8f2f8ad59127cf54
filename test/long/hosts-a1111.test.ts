import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { type Job, jobSchema } from "../../shared/jobs/job.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";

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

async function jobs(url: string): Promise<Job[]> {
  const body: unknown = await (await fetch(`${url}gpu-status-panel/api/v1/jobs`)).json();
  return v.parse(v.object({ jobs: v.array(jobSchema) }), body).jobs;
}

const generate = async (url: string, query: string): Promise<unknown> =>
  (await fetch(`${url}generate?${query}`, { method: "POST" })).json();

/** Runs once, and is let go when the sidecar knows of it; with its phase then, and the job after it. */
async function runOnce(url: string, query: string) {
  const before = new Set((await jobs(url)).map(({ id }) => id));
  await post(`${url}hold`);
  const answer = generate(url, query);
  const isNew = ({ id, phase }: Job) => !before.has(id) && phase !== null;
  const running = await waitUntil(async () => (await jobs(url)).find(isNew), { what: "the job" });
  await post(`${url}let-go`);
  const { error } = v.parse(v.object({ error: v.nullable(v.string()) }), await answer);
  const isOver = ({ id, state }: Job) => id === running.id && state !== "running";
  const ended = await waitUntil(async () => (await jobs(url)).find(isOver), { what: "its end" });
  return { error, phase: running.phase, ended };
}

test("HOST-9 HOST-9b a1111: runs are jobs, which end as their runs do", async () => {
  const url = await start({ WEBUI_KIND: "a1111" });
  const { error, phase, ended } = await runOnce(url, "width=512&height=768&batch=2&hires=1.5");
  expect({ error, phase }).toEqual({ error: null, phase: "VAE decode" });
  expect(ended).toMatchObject({ state: "done", label: "dreamshaper_8.safetensors 768×1152 Euler a" });
  expect(ended.pid).not.toBeNull();
  const failures = { error: "ValueError", interrupted: "IndexError" };
  for (const [fails, kind] of Object.entries(failures)) {
    const failed = await runOnce(url, `fails=${fails}`);
    expect(failed.error).toContain(kind);
    expect(failed.ended.state).toBe("failed");
  }
  // Over before the sidecar could be told, or not: nothing stays open, and the next is seen.
  expect(await generate(url, "fails=load")).toEqual({ error: "OutOfMemoryError: CUDA out of memory" });
  expect((await runOnce(url, "width=512")).ended.state).toBe("done");
  expect((await jobs(url)).filter(({ state }) => state === "running")).toEqual([]);
});

test("HOST-10 a1111: above Generate a line says whether the form would fit, in the page's language, and nothing while that is not known", async () => {
  const url = await start({ WEBUI_KIND: "a1111" });
  const page = await browser.open(url);
  const line = page.locator(".gpu-status-panel-fit");
  const says = (text: string | RegExp) =>
    expect.poll(() => line.textContent(), { timeout: 60_000 }).toMatch(text);
  const used = (mib: number) =>
    host?.fake.set({ gpus: [fakeGpu(0, { "memory.used": mib, "memory.total": 24_564 })] });
  await page.frameLocator("#gpu_status_panel").getByTestId("status").first().getByText("Live").waitFor();
  // Nothing like it has run here.
  await page.waitForResponse(/webui\/fit/);
  expect(await line.isVisible()).toBe(false);

  await runOnce(url, "width=1024&height=1024");
  await page.getByLabel("Width", { exact: true }).fill("1024");
  await page.getByLabel("Height", { exact: true }).fill("1024");
  await says("Fits now.");
  expect(await line.isVisible()).toBe(true);
  expect(await line.getAttribute("title")).toMatch(/up to \d+\.\d GiB/);
  // Of the second pass the size is another's.
  await page.getByLabel("Hires. fix").check();
  await page.getByLabel("Upscale by").fill("8");
  // Of that size nothing has run here.
  await says("May not fit: by an estimate");
  await page.getByLabel("Hires. fix").uncheck();
  await says("Fits now.");
  used(24_000);
  await says(/No room now: \d+\.\d GiB of VRAM are missing/);
  await page.evaluate("opts.localization = 'zh_CN'");
  await says("现在放不下");
  await page.route("**/webui/fit*", (route) => route.fulfill({ json: {} }));
  await line.waitFor({ state: "hidden" });
});

test("HOST-3 a1111: with its log-in on, who has not logged in sees no panel", async () => {
  const url = await start({ WEBUI_AUTH: "me:secret" }, async (address) => (await fetch(address)).ok);
  expect((await fetch(`${url}gpu-status-panel/`)).status).toBe(403);
  expect((await fetch(`${url}gpu-status-panel/webui/fit?form={}`)).status).toBe(403);
});

test("no block of the README is left out", () => {
  // What it writes is tested in test/integration/packs.test.ts.
  expect(readme.takeAll("inline").map(({ code }) => code)).toEqual(["npm run packs"]);
  expect(readme.left()).toEqual([]);
});
