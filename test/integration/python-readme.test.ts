import { afterEach, expect, test } from "vitest";
import { isPanelUp, type PythonHost, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const readme = readmeSnippets("integrations/python/README.md");
const COPY = 'cp "$GPU_STATUS_PANEL/integrations/python/gpu_status_panel.py" .\n';
let host: PythonHost | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

/** A folder with the one file and one program of the README beside it. */
async function startWith(file: string, totalMiB?: number): Promise<PythonHost> {
  host = await startPythonHost({}, totalMiB);
  await host.run(COPY);
  host.write(file, readme.take("python", file).code);
  return host;
}

test("HOST-1 Python: the panel on the port of a FastAPI app", async () => {
  const { start, ports } = await startWith("panel.py");
  const url = `http://127.0.0.1:${ports.host}/gpu/`;
  await start(`PORT=${ports.host} python panel.py`, () => isPanelUp(url));
  const release = { method: "POST", headers: { "content-type": "application/json" }, body: '{"mode":"now"}' };
  expect((await fetch(`${url}api/v1/release`, release)).status).toBe(202);
});

test("HOST-1 Python: the hook alone", async () => {
  const { start } = await startWith("hook.py");
  const running = await start("python hook.py", async () => true);
  const address = await waitUntil(() => /--backend-url (\S+)/.exec(running.said())?.[1], {
    what: () => `the hook's address; it said: ${running.said()}`,
  });
  expect(await (await fetch(address)).json()).toMatchObject({ models: ["pipe"] });
  const unload = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"action":"unload"}',
  };
  expect((await fetch(address, unload)).status).toBe(200);
  expect(await (await fetch(address)).json()).toMatchObject({ models: [] });
});

test("HOST-1 Python: jobs with a sidecar and without", async () => {
  const { run, start, ports } = await startWith("jobs.py");
  expect(await run("python jobs.py")).toContain("on None");
  const panel = `$GPU_PANEL_COMMAND --source nvidia-smi`;
  await start(panel, () => isPanelUp(`http://127.0.0.1:${ports.panel}/`));
  expect(await run("python jobs.py")).toMatch(/on cuda:0\n\d+\.\d s, peak None MiB/);
  // No ComfyUI runs here.
  host?.write("queue_that_obeys.py", readme.take("python", "queue_that_obeys.py").code);
  expect(await run("python queue_that_obeys.py")).toContain("at once None");
});

test("HOST-1 Python: a job of which nothing is known", async () => {
  const { run, start, ports } = await startWith("learns.py");
  const url = `http://127.0.0.1:${ports.panel}/`;
  await start(`$GPU_PANEL_COMMAND --source nvidia-smi`, () => isPanelUp(url));
  expect(await run("python learns.py")).toContain("1024×1024");
  const { jobs } = await (await fetch(`${url}api/v1/jobs`)).json();
  expect(jobs.map((job: { state: string }) => job.state)).toEqual(["done", "done"]);
});

test("PY-4 Python: its tests run as the README says", { timeout: 120_000 }, async () => {
  host = await startPythonHost();
  expect(await host.run(readme.take("sh").code)).toContain("OK");
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
