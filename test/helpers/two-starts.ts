import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { jobsClient } from "./jobs-client.ts";
import { live } from "./jobs-rig.ts";
import { freePort } from "./proxy.ts";
import { spawnSidecar } from "./sidecar.ts";
import { waitUntil } from "./wait-until.ts";

/** Sidecars of one round, on one data folder of their own; all of them are ended with it. */
export async function withOneFolder(work: (start: StartOne) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-two-"));
  const data = join(folder, "data");
  const config = join(folder, "config.json");
  // The folder is tried again as often as history is written.
  writeFileSync(config, JSON.stringify({ source: "demo", historyInterval: 1000 }));
  const started: ReturnType<typeof spawnSidecar>[] = [];
  try {
    await work((port) => {
      const flags = ["--config", config, "--port", String(port)];
      const one = spawnSidecar(flags, { GPU_PANEL_DATA_DIR: data });
      started.push(one);
      return one;
    });
    const names = readdirSync(data, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => name.includes("bad"))).toEqual([]);
  } finally {
    for (const { child } of started) child.kill("SIGKILL");
    await Promise.all(started.map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  }
}

type Started = ReturnType<typeof spawnSidecar>;
export type StartOne = (port: number) => Started;

const said = (one: Started, pattern: RegExp) =>
  waitUntil(() => pattern.exec(one.output()), { what: () => `${pattern} in: ${one.output()}` });
const urlOf = async (one: Started) => (await said(one, /GPU status panel: (http:\/\/\S+)/))[1] ?? "";
const jobsOf = (url: string) => jobsClient(() => url);
const labels = async (url: string) => (await jobsOf(url).list()).map(({ label }) => label).sort();

/** Asks for a job and expects it to be taken, once the demo machine gives figures. */
async function postJob(url: string, label: string) {
  await live({ sidecar: { url } });
  const { job } = await jobsOf(url).ask({ label, peakMiB: 100, ttlSeconds: 3600 });
  expect(job?.label).toBe(label);
}

async function end(one: Started) {
  one.child.kill("SIGTERM");
  expect(await one.ended).toBe(0);
}

/** Two starts at once on one port: one runs and loses nothing, the other says who has the port and ends with 3. */
export const samePort = () =>
  withOneFolder(async (start) => {
    const port = await freePort();
    const both = [start(port), start(port)];
    const loser = await Promise.race(
      both.map(async (one) => {
        expect(await one.ended).toBe(3);
        return one;
      }),
    );
    const winner = both.find((one) => one !== loser);
    if (winner === undefined) throw new Error("there is no other one");
    const url = await urlOf(winner);
    expect(loser.output()).toContain(`a GPU status panel (version `);
    expect(loser.output()).toContain(`pid ${winner.child.pid}) already runs at ${url}`);
    await postJob(url, "kept");
    await end(winner);
    const again = start(port);
    expect(await labels(await urlOf(again))).toEqual(["kept"]);
    await end(again);
  });

/** Two starts at once on two ports: one says that the folder is the other's, and takes it over with all jobs. */
export const twoPorts = () =>
  withOneFolder(async (start) => {
    const both = [start(0), start(0)];
    const urls = await Promise.all(both.map(urlOf));
    const isSecond = ({ output }: Started) => /Another panel uses the data folder/.test(output());
    const second = await waitUntil(() => both.find(isSecond), { what: "one that says so" });
    const first = both.find((one) => one !== second);
    const [firstUrl, secondUrl] = isSecond(both[0] ?? second) ? [...urls].reverse() : urls;
    if (first === undefined || firstUrl === undefined || secondUrl === undefined) throw new Error("only one");
    expect(isSecond(first)).toBe(false);
    await postJob(firstUrl, "of the first");
    // Two who let jobs in beside each other would promise the same room twice.
    const refused = await jobsOf(secondUrl).ask({ label: "refused", peakMiB: 100 });
    expect(refused).toMatchObject({ status: 503, code: "folder-held" });
    const { state } = await (await fetch(`${secondUrl}api/v1/state`)).json();
    expect(state.source.problem).toMatchObject({ code: "folder-held" });
    expect(state.history.problem).toMatchObject({ code: "folder-held" });
    await end(first);
    await said(second, /data folder .* is free now/);
    await waitUntil(async () => (await labels(secondUrl)).length === 1, { what: "the job of the first" });
    await postJob(secondUrl, "of the second");
    second.child.kill("SIGKILL");
    await second.ended;
    const third = start(0);
    expect(await labels(await urlOf(third))).toEqual(["of the first", "of the second"]);
    expect(isSecond(third)).toBe(false);
    await end(third);
  });
