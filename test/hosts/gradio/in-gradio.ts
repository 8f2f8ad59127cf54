import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterEach } from "vitest";
import type { GradioVersion } from "../../helpers/find-gradio.ts";
import { inBrowser } from "../../helpers/in-browser.ts";
import { gradioPython } from "../../helpers/own-python.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../../helpers/python-host.ts";
import { readmeSnippets } from "../../helpers/readme-snippets.ts";
import { waitUntil } from "../../helpers/wait-until.ts";
import { startCaller } from "./caller.ts";

export const PANEL = "gradio_api/gpu/";
export const POST = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: '{"mode":"auto"}',
};
export const T2V = ["480*832", 50, 81, 7] as const;

export interface Job {
  id: string;
  state: string;
  label: string;
  phase: string | null;
  requestedBy: string;
}

/** Real Gradio of one version, for the tests of a file. */
export function inGradio(version: GradioVersion) {
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

  const scripts = { startOwn, startExample };
  return { version, readme, scripts, browser, startHost, startDemos, run, running };
}

export type InGradio = ReturnType<typeof inGradio>;

/** Gradio 5 has a frame of its own, which shows nothing of the app. */
export const framesOf = (page: Page, url: string) =>
  page.frames().filter((frame) => frame.url().startsWith(url));

/** The process of this machine whose command line has these words. */
export function processWith(words: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(words)) return Number(pid);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`no process with ${words}`);
}

export async function usedMiB(panel: string): Promise<number> {
  const { state } = await (await fetch(`${panel}api/v1/state`)).json();
  return state.gpus[0].memoryUsedMiB;
}
