import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { type Job, jobSchema } from "../../shared/jobs/job.ts";
import { live } from "../helpers/jobs-rig.ts";
import { isPanelUp, type PythonHost, type Started, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const FAKE = fileURLToPath(new URL("../fixtures/hosts/turbodiffusion", import.meta.url));
const readme = readmeSnippets("integrations/turbodiffusion/README.md");
const [serve, serveAndLetGo] = readme.takeAll("sh").map(({ code }) => code);
let host: PythonHost | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function start(script: string): Promise<{ server: Started; url: string }> {
  host = await startPythonHost({}, 49_140);
  const folder = join(host.folder, "TurboDiffusion");
  cpSync(FAKE, folder, { recursive: true });
  const url = `http://127.0.0.1:${host.ports.panel}/`;
  const server = await host.start(`export TURBODIFFUSION="${folder}"\n${script}`, async () => isPanelUp(url));
  await waitUntil(() => server.said().includes("ready"), { what: () => server.said() });
  // A job that a machine busy with starting answers too late runs undeclared.
  await live({ sidecar: { url } });
  return { server, url };
}

async function prompt(server: Started, text: string) {
  server.child.stdin?.write(`${text}\n`);
  await waitUntil(() => server.said().includes(`saved ${text}.mp4`), {
    timeoutMs: 30_000,
    what: () => server.said(),
  });
}

async function usedMiB(url: string): Promise<number> {
  const { state } = await (await fetch(`${url}api/v1/state`)).json();
  return state.gpus[0].memoryUsedMiB;
}

async function jobs(url: string): Promise<Job[]> {
  const body: unknown = await (await fetch(`${url}api/v1/jobs`)).json();
  return v.parse(v.object({ jobs: v.array(jobSchema) }), body).jobs;
}

/** Of the command that the README gives, by TurboDiffusion's defaults. */
const TURBO = {
  host: "turbodiffusion",
  kind: "t2v",
  models: ["TurboWan2.1-T2V-1.3B-480P-quant.pth"],
  width: 832,
  height: 480,
  batch: 1,
  steps: 4,
  options: { quant: true, attention: "sagesla" },
};

test("HOST-1 HOST-4 HOST-11 TurboDiffusion: network, VAE and umT5 leave the GPU between prompts, and the next prompt brings them back", async () => {
  const { server, url } = await start(serve ?? "");
  await prompt(server, "fox");
  // 600 of others, 400 of context, 7000 + 500 + 5000 of models, 2000 of cache.
  await waitUntil(async () => (await usedMiB(url)) === 15_500, { what: "the models and the cache" });
  // The first is reckoned by the published profile, and learned under what it is.
  const [first] = await jobs(url);
  expect(first).toMatchObject({ state: "done", profile: expect.stringMatching(/^signature-/) });
  expect(first?.peakMiB).toBeGreaterThan(5000);
  const token = /#token=(\S+)/.exec(server.said())?.[1];
  const started = await fetch(`${url}api/v1/release`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: '{"mode":"now"}',
  });
  expect(started.status).toBe(202);
  const { id } = await started.json();
  const release = await waitUntil(
    async () => {
      const found = await (await fetch(`${url}api/v1/release/${id}`)).json();
      return found.state === "done" || found.state === "failed" ? found : null;
    },
    { timeoutMs: 40_000, what: "the release" },
  );
  expect(release).toMatchObject({ state: "done", freedMiB: 14_500 });
  await prompt(server, "again");
  expect((await jobs(url)).map(({ state }) => state)).toEqual(["done", "done"]);

  // HOST-11: what such a prompt took is known for the next of its kind, and for no other.
  const fitOf = async (frames: number) => {
    const signature = JSON.stringify({ ...TURBO, frames });
    return (await fetch(`${url}api/v1/fit?${new URLSearchParams({ signature })}`)).json();
  };
  expect(await fitOf(81)).toMatchObject({ basis: "measured", peakMiB: 14_500 });
  server.child.stdin?.write("too-large\n");
  await waitUntil(() => server.said().includes("Error: CUDA out of memory"), { what: () => server.said() });
  const isFailed = async () => (await jobs(url)).map(({ state }) => state).includes("failed");
  await waitUntil(isFailed, { what: "the job that ran out of memory" });
});

test("HOST-4 TurboDiffusion: with --release-after it lets go by itself, and of two networks each is a phase", async () => {
  const { server, url } = await start(serveAndLetGo ?? "");
  await prompt(server, "fox");
  const [job] = await jobs(url);
  expect(job, server.said()).toMatchObject({ label: "TurboDiffusion Wan2.2-A14B", phase: "VAE decode" });
  await waitUntil(async () => (await usedMiB(url)) === 1000, {
    what: "VRAM to be given back without a click",
  });
  await prompt(server, "again");
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
