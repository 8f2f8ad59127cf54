import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { GradioVersion } from "../../helpers/find-gradio.ts";
import { inBrowser } from "../../helpers/in-browser.ts";
import { newerNode } from "../../helpers/newer-node.ts";
import { gradioPython } from "../../helpers/own-python.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../../helpers/python-host.ts";
import { readmeSnippets } from "../../helpers/readme-snippets.ts";
import { waitUntil } from "../../helpers/wait-until.ts";
import { startCaller } from "./caller.ts";

const PANEL = "gradio_api/gpu/";
const POST = { method: "POST", headers: { "content-type": "application/json" }, body: '{"mode":"auto"}' };
const T2V = ["480*832", 50, 81, 7] as const;

interface Job {
  id: string;
  state: string;
  label: string;
  phase: string | null;
  requestedBy: string;
}

/** What a real Gradio of this version is to show. */
export function testGradio(version: GradioVersion) {
  const readme = readmeSnippets("integrations/gradio/README.md");
  const [copy = "", startOwn = "", startExample = ""] = readme.takeAll("sh").map(({ code }) => code);
  const { browser } = inBrowser();
  let host: PythonHost | undefined;
  const started: number[] = [];
  function running(): PythonHost {
    if (host === undefined) throw new Error("no host is running");
    return host;
  }
  /** Starts what is killed with its test. */
  async function run(script: string, ready: () => Promise<boolean>) {
    const { child } = await running().start(`exec ${script.trim()}`, ready);
    if (child.pid !== undefined) started.push(child.pid);
  }
  afterEach(async () => {
    // What waits for a file would wait for ever.
    for (const pid of started) process.kill(-pid, "SIGKILL");
    started.length = 0;
    await host?.close();
    host = undefined;
  });

  /** A folder with the one file beside a stubbed PyTorch. */
  async function startHost(env: NodeJS.ProcessEnv = {}): Promise<PythonHost> {
    const common = { PYTHONPATH: "", GRADIO_ANALYTICS_ENABLED: "False", HF_HUB_OFFLINE: "1" };
    host = await startPythonHost({ ...common, ...env }, undefined, await gradioPython(version));
    await host.run(copy);
    host.copy("test/fixtures/hosts/torch.py", "torch.py");
    return host;
  }

  /** The demos of `demos.py`, with somebody at the open one. */
  async function startDemos(env: NodeJS.ProcessEnv = {}) {
    const { copy: copyTo, ports } = await startHost(env);
    copyTo("test/hosts/gradio/demos.py", "demos.py");
    const url = `http://127.0.0.1:${ports.host}/t2v/`;
    await run("python demos.py", () => isPanelUp(url + PANEL));
    const jobs = async (): Promise<Job[]> => (await (await fetch(`${url}${PANEL}api/v1/jobs`)).json()).jobs;
    const inState = async (state: string) => (await jobs()).filter((job) => job.state === state);
    return {
      ...{ url, jobs, inState, here: running() },
      caller: await startCaller(running(), url),
      async until(state: string, count: number, what: string) {
        await waitUntil(async () => (await inState(state)).length === count, {
          what,
        });
      },
    };
  }

  test(`GRA-1 GRA-3 GRA-7 HOST-1 Gradio: the README's line gives the page a live panel, whose release parks the model until the next run`, async () => {
    const { ports, write } = await startHost();
    const url = `http://127.0.0.1:${ports.host}/`;
    write("app.py", readme.take("python", "app.py").code);
    await run(startOwn, () => isPanelUp(url + PANEL));
    const { page, logged } = await browser.openForeign(`${url}?__theme=dark`, {
      viewport: { width: 1100, height: 1500 },
    });
    const frame = page.frameLocator("iframe.gpu-status-panel");
    await frame.getByTestId("status").first().getByText("Live").waitFor();
    expect(await page.locator("iframe.gpu-status-panel").getAttribute("src")).toContain("theme=dark");
    await page.evaluate(() => document.body.classList.remove("dark"));
    await frame.locator('html[data-theme="light"], [data-theme="light"]').first().waitFor();
    await waitUntil(
      () => page.locator("iframe.gpu-status-panel").evaluate((one) => one.style.height !== "320px"),
      { what: "the height of the panel" },
    );
    const caller = await startCaller(running(), url);
    await caller.predict("/generate", "a fox", 640, 480);
    const { jobs } = await (await fetch(`${url}${PANEL}api/v1/jobs`)).json();
    expect(jobs).toMatchObject([{ state: "done", label: expect.stringMatching(/app\.generate 640×480$/) }]);
    await frame.getByRole("button", { name: "Release VRAM" }).click();
    await frame.getByRole("button", { name: "Release now" }).click();
    await frame.getByText("4.0 GiB released").first().waitFor();
    await caller.predict("/generate", "a fox", 640, 480);
    await waitUntil(async () => (await usedMiB(url + PANEL)) > 4600, { what: "the model to be back" });
    expect(page.frames()).toHaveLength(2);
    expect(logged.filter((line) => /gradio_api\/gpu|socket\.io|gpu-status-panel/.test(line))).toEqual([]);
  });

  test("GRA-1 GRA-2 Gradio: mounted below a path with a log-in, nobody sees or releases anything without it", async () => {
    const { ports, write } = await startHost();
    const base = `http://127.0.0.1:${ports.host}/demo/`;
    write("mounted.py", readme.take("python", "mounted.py").code);
    const login = async () =>
      (
        await fetch(`${base}login`, {
          method: "POST",
          body: new URLSearchParams({ username: "ada", password: "secret" }),
        })
      ).headers
        .getSetCookie()
        .map((cookie) => cookie.split(";")[0])
        .join("; ");
    let cookie = "";
    await run("python mounted.py", async () => {
      cookie ||= await login();
      return (await fetch(`${base}${PANEL}healthz`, { headers: { cookie } })).status === 200;
    });
    const status = async (path: string, options: RequestInit = {}) =>
      (await fetch(base + PANEL + path, options)).status;
    for (const path of [
      "healthz",
      "api/v1/state",
      "frame.js",
      "embed",
      "socket.io/?EIO=4&transport=polling",
    ]) {
      expect([path, await status(path)]).toEqual([path, 403]);
      expect([path, await status(path, { headers: { cookie: cookie.replaceAll("=", "=x") } })]).toEqual([
        path,
        403,
      ]);
      expect([path, await status(path, { headers: { cookie } })]).toEqual([path, 200]);
    }
    expect(await status("api/v1/release", POST)).toBe(403);
    expect(await status("api/v1/release", { ...POST, headers: { ...POST.headers, cookie } })).toBe(202);
  });

  test("GRA-4 GRA-5 GRA-6 Gradio: runs are jobs of their kind, who waits reads why, cancels or leaves, and generators have their job", async () => {
    const { caller, until, jobs, inState, here, url } = await startDemos();
    await caller.submit("first", "/t2v", "wait-1", ...T2V);
    await until("running", 1, "the first to run");
    await waitUntil(async () => (await jobs())[0]?.phase === "sampling", { what: "its phase" });
    expect(await jobs()).toMatchObject([
      {
        label: expect.stringMatching(/demos\.t2v_generation 480×832 81 frames$/),
        requestedBy: expect.stringMatching(/^visitor \w{8}$/),
      },
    ]);
    // Of one visitor Gradio cancels all runs of a function at once.
    const other = await startCaller(here, url);
    await other.submit("second", "/t2v", "wait-1", "720*1280", 50, 81, 7);
    await until("waiting", 1, "the second to wait");
    await waitUntil(
      async () => (await other.texts("second")).some((text) => /^Waiting for VRAM, place 1: /.test(text)),
      {
        what: "the cause in words",
      },
    );
    await other.cancel("second");
    await until("waiting", 0, "the cancelled one to be gone");
    const another = await startCaller(here, url);
    await another.submit("third", "/later", "wait-1");
    await until("waiting", 1, "the third to wait");
    another.leave();
    await until("waiting", 0, "the one whose page was closed to be gone");
    here.write("wait-1", "");
    expect(await caller.result("first")).toEqual({ value: null });
    await caller.submit("steps", "/stream", "go");
    const { value } = await caller.result("steps");
    expect(value).toMatch(/^[\w-]{36} at the end$/);
    await caller.submit("async", "/later", "go");
    expect((await caller.result("async")).value).toMatch(/^[\w-]{36}$/);
    await until("running", 0, "all to end");
    expect((await inState("done")).length).toBe(3);
  });

  test("GRA-7 GRA-9 Gradio: a release waits for the run and not for who waits, and the next run has its models back", async () => {
    const { caller, until, here, url } = await startDemos();
    await caller.submit("first", "/t2v", "wait-1", ...T2V);
    await until("running", 1, "the first to run");
    await caller.submit("second", "/t2v", "go", ...T2V);
    await until("waiting", 1, "the second to wait");
    const { id } = await (await fetch(`${url}${PANEL}api/v1/release`, POST)).json();
    const release = async () => (await fetch(`${url}${PANEL}api/v1/release/${id}`)).json();
    await waitUntil(async () => (await release()).state === "waiting-for-job", {
      what: "the release to wait",
    });
    here.write("wait-1", "");
    expect(await caller.result("first")).toEqual({ value: null });
    expect(await caller.result("second")).toEqual({ value: null });
    await waitUntil(async () => ["done", "failed"].includes((await release()).state), {
      what: "the release to end",
    });
    await until("running", 0, "all to end");
    await fetch(`${url}${PANEL}api/v1/release`, POST);
    await waitUntil(async () => (await usedMiB(url + PANEL)) < 1100, { what: "the models to leave" });
    expect(await caller.predict("/t2v", "go", ...T2V)).toBeGreaterThan(0);
    expect(await usedMiB(url + PANEL)).toBeGreaterThan(4000);
  });

  test("GRA-6b GRA-8 Gradio: of forty-five some thirty wait and the rest are refused in words; a sidecar that is frozen is not noticed", async () => {
    const { caller, until, inState, here } = await startDemos();
    const five = async () => {
      let sum = 0;
      for (let i = 0; i < 5; i++) sum += await caller.predict("/t2v", "go", ...T2V);
      return sum;
    };
    await five();
    const usual = await five();
    const sidecar = processWith(`--port\0${here.ports.panel}\0`);
    process.kill(sidecar, "SIGSTOP");
    const frozen = await five().finally(() => process.kill(sidecar, "SIGCONT"));
    process.stdout.write(
      `Gradio ${version}: five runs take ${usual.toFixed(2)} s, ${frozen.toFixed(2)} s (× ${(frozen / usual).toFixed(2)}) while the sidecar is frozen\n`,
    );
    const before = (await inState("done")).length;
    await waitUntil(
      async () => {
        await caller.predict("/t2v", "go", ...T2V);
        return (await inState("done")).length > before;
      },
      { what: "runs to be jobs again" },
    );
    await until("running", 0, "the runs to end");
    const names = Array.from({ length: 45 }, (_, i) => `${i}`);
    for (const name of names) await caller.submit(name, "/t2v", "wait-many", "720*1280", 50, 49, 7);
    await until("waiting", 30, "thirty to wait");
    const refused = await waitUntil(
      async () => {
        const over = await caller.over(names);
        return over.length === names.length - 30 - (await inState("running")).length && over;
      },
      { what: "the rest to be refused" },
    );
    expect(refused.length).toBeGreaterThan(5);
    for (const name of refused)
      expect((await caller.result(name)).error).toContain(
        "30 jobs wait for VRAM already. Please try again in a while.",
      );
    const delay = await caller.predict("/echo", "hello");
    process.stdout.write(
      `Gradio ${version}: another function answers in ${delay.toFixed(2)} s while thirty wait\n`,
    );
    expect(await inState("waiting")).toHaveLength(30);
  });

  test("GRA-3 GRA-10 Gradio: a line says whether it fits, in the visitor's language; where the panel is not, words stand in its place", async () => {
    const { caller, url } = await startDemos();
    const { page } = await browser.openForeign(url);
    const line = page.locator(".gpu-status-panel-fit").first();
    await line.getByText("How much VRAM it takes is learned from the first run.").waitFor();
    await caller.predict("/t2v", "go", ...T2V);
    await line.getByText("Fits now.").waitFor();
    await page.getByLabel("Frames").fill("81000");
    await line.getByText("Will not fit on this GPU with these settings.").waitFor();
    const { page: chinese } = await browser.openForeign(url, { locale: "zh-CN" });
    await chinese.locator(".gpu-status-panel-fit").first().getByText("现在放得下。").waitFor();
    await chinese.route("**/frame.js", (route) =>
      route.fulfill({ contentType: "text/html", body: "Gradio" }),
    );
    await chinese.reload();
    await chinese.frameLocator("iframe.gpu-status-panel").getByText("GPU 状态面板不在").waitFor();
  });

  test("GRA-4 GRA-4b Gradio: what takes VRAM becomes a job, and what declares its job is not declared twice", async () => {
    const { caller, jobs, until } = await startDemos({ LEARNS: "1" });
    await caller.submit("first", "/takes", "a");
    expect(await caller.result("first")).toEqual({ value: "False" });
    expect(await jobs()).toEqual([]);
    await caller.submit("second", "/takes", "a");
    expect(await caller.result("second")).toEqual({ value: "True" });
    for (const name of ["own", "again"]) {
      await caller.submit(name, "/own", "a");
      await caller.result(name);
    }
    await until("done", 4, "all to end");
    expect((await jobs()).map(({ label }) => label.replace(/.*demos\./, "")).sort()).toEqual([
      "mine",
      "mine",
      "own",
      "takes",
    ]);
  });

  test.skipIf(version !== 6)(
    "HOST-1 Gradio: the complete example tells the phases of its jobs and gives the VRAM back",
    async () => {
      const { ports } = await startHost();
      const url = `http://127.0.0.1:${ports.host}/`;
      await run(startExample, () => isPanelUp(url + PANEL));
      const caller = await startCaller(running(), url);
      await caller.predict("/generate", "Wan2.1 1.3B", "snow");
      const { jobs } = await (await fetch(`${url}${PANEL}api/v1/jobs`)).json();
      expect(jobs).toMatchObject([{ state: "done", label: "snow", phase: "VAE decode" }]);
      expect((await fetch(`${url}${PANEL}api/v1/release`, POST)).status).toBe(202);
    },
  );

  test("no block of the README is left out", () => {
    expect(readme.left()).toEqual([]);
  });
}

/** The process of this machine whose command line has these words. */
function processWith(words: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(words)) return Number(pid);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`no process with ${words}`);
}

async function usedMiB(panel: string): Promise<number> {
  const { state } = await (await fetch(`${panel}api/v1/state`)).json();
  return state.gpus[0].memoryUsedMiB;
}
