import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { STREAM_LENGTH } from "../../server/group/redis-link.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { brief, type Section } from "./figure.ts";
import { type NodeChild, pidOf, startNodeChild } from "./node-child.ts";
import { measure, workOf } from "./page.ts";
import { cpuSeconds, residentMib } from "./proc-usage.ts";
import { trendOf } from "./trend.ts";
import { withChromium } from "./with-chromium.ts";

const HOSTS = 64;
const GPUS = 8;
const SECRET = "a secret for benches alone";
const LOOK_MS = 5000;
const SETTLE_MS = 20_000;
const DEFAULT_MINUTES = 2;
const ROW = '.hr[data-status="live"]';

/** A hall of hosts over Redis, seen by one without a GPU and the page that it serves. */
export const groupSection: Section = async ({ minutes = DEFAULT_MINUTES } = {}) => {
  const redis = await startRedis();
  const folder: { end(): Promise<unknown> }[] = [];
  const logs = mkdtempSync(join(tmpdir(), "gpu-panel-bench-group-"));
  try {
    const model = await startSidecar([
      ...["--source", `demo:${GPUS}`, "--host-name", "model", "--redis-url", redis.url, "--group", "model"],
      // Every second, as of a host that works: a log keeps the rate.
      ...["--log-jsonl", join(logs, "model.jsonl")],
    ]);
    folder.push(model);
    const members = await startNodeChild("group-members.mjs", [redis.url, SECRET, String(HOSTS)]);
    folder.push(members);
    const hub = await startSidecar([
      ...["--source", "none", "--host-name", "hub", "--redis-url", redis.url],
      ...["--group", "bench", "--group-secret", SECRET],
    ]);
    folder.push(hub);
    const pid = pidOf(hub.child);
    return await withChromium(async (browser) => {
      await seeAll(hub.url);
      const unwatched = await overTime(pid, redis, 30_000, members);
      const [seen, watched, page] = await watch(browser, hub.url, () =>
        overTime(pid, redis, minutes * 60_000, members),
      );
      const textOf = (what: string) => fetch(`${hub.url}api/v1/${what}`).then((answer) => answer.text());
      const [hello, all] = [await textOf("state?hosts=names"), await textOf("group")];
      return {
        figures: [
          {
            name: `turns told, of ${watched.turns.expected} (the real host's × ${HOSTS})`,
            value: watched.turns.told,
            unit: "",
          },
          { name: "overview: page work", value: workOf(page), unit: "ms/s", aim: 30 },
          { name: "overview: elements", value: page.elements, unit: "", aim: 1500 },
          {
            name: `viewer's wire, per GPU on screen (${seen.rows} hosts)`,
            value: seen.bytesPerSecond / (seen.rows * GPUS),
            unit: "bytes/s",
            aim: 25,
          },
          { name: "viewer's wire, all", value: seen.bytesPerSecond, unit: "bytes/s" },
          { name: "first state of the page", value: hello.length / 1000, unit: "kB" },
          { name: "the same as it travels (gzip)", value: gzipSync(hello).length / 1000, unit: "kB" },
          { name: "all states (GET /api/v1/group)", value: all.length / 1000, unit: "kB" },
          { name: "hub: CPU, nobody watches", value: unwatched.hubCpuPercent, unit: "% of a core" },
          { name: "hub: CPU, one watches", value: watched.hubCpuPercent, unit: "% of a core" },
          { name: "hub: RSS at the end", value: watched.hubRss.last, unit: "MiB" },
          { name: "hub: RSS, slope", value: watched.hubRss.perMinute, unit: "MiB/min" },
          { name: "Redis: CPU", value: watched.redisCpuPercent, unit: "% of a core" },
          { name: "Redis: memory at the end", value: watched.redisMib.last, unit: "MiB" },
          { name: "Redis: memory, slope", value: watched.redisMib.perMinute, unit: "MiB/min" },
          { name: "Redis: of it the stream", value: watched.streamMib.last, unit: "MiB" },
          { name: "Redis: the stream, slope", value: watched.streamMib.perMinute, unit: "MiB/min" },
          { name: `Redis: what ${HOSTS} hosts keep`, value: watched.keptMib.last, unit: "MiB" },
          { name: "Redis: the same, slope", value: watched.keptMib.perMinute, unit: "MiB/min" },
          {
            name: "Redis: entries of the stream at the end",
            value: watched.entries.last,
            unit: "",
            aim: 5100,
          },
        ],
        notes: [
          `${HOSTS} hosts of ${GPUS} demo GPUs, one sample a second; ${brief(minutes)} min. One is real (the built sidecar); what it publishes is published again for each, signed anew, spread over the second: the hosts differ in name alone.`,
          "Hub: the built sidecar with --source none. Wire: frames of the page's WebSocket while the overview is on screen.",
          "Redis without the stream of the real host, which no group has beside its own. What a host keeps has the runs of the last 15 minutes, 64 at most: a shorter bench sees it grow.",
          `Slopes: least squares over the second half. The stream is trimmed at about ${STREAM_LENGTH} entries.`,
          `Page, traced: ${page.traced}`,
        ],
      };
    });
  } finally {
    for (const child of folder.reverse()) await child.end();
    await redis.close();
    rmSync(logs, { recursive: true, force: true });
  }
};

async function seeAll(url: string) {
  for (;;) {
    const { hosts } = await fetch(`${url}api/v1/group`).then((answer) => answer.json());
    if (hosts.filter(({ status }: { status: string }) => status === "live").length === HOSTS) return;
    await sleep(1000);
  }
}

/** What a page that shows the overview gets, and what it costs, while something else is measured. */
async function watch<T>(browser: Browser, url: string, during: () => Promise<T>) {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, locale: "en-US" });
  try {
    const page = await context.newPage();
    let bytes = 0;
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        bytes += Buffer.byteLength(payload);
      });
    });
    await page.goto(url);
    await page.locator(ROW).first().waitFor({ timeout: 60_000 });
    await sleep(SETTLE_MS);
    const [before, beganMs] = [bytes, performance.now()];
    const measured = await during();
    const bytesPerSecond = (bytes - before) / ((performance.now() - beganMs) / 1000);
    const rows = await page.locator(ROW).evaluateAll(
      (all) =>
        all.filter((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        }).length,
    );
    await page.close();
    return [{ bytesPerSecond, rows }, measured, await measure(browser, url, ROW)] as const;
  } finally {
    await context.close();
  }
}

async function overTime(pid: number, redis: RedisServer, lastsMs: number, members: NodeChild) {
  const began = {
    turns: await turnsOf(members),
    ms: performance.now(),
    hub: cpuSeconds(pid),
    redis: await redisCpu(redis),
  };
  const [hubRss, redisMib, entries]: [number[], number[], number[]] = [[], [], []];
  const [streamMib, keptMib]: [number[], number[]] = [[], []];
  while (performance.now() - began.ms < lastsMs) {
    await sleep(LOOK_MS);
    hubRss.push(residentMib(pid));
    const used = (await infoOf(redis, "memory", "used_memory")) / 2 ** 20;
    redisMib.push(used - (await mibOf(redis, "gpu-panel:model:turns")));
    streamMib.push(await mibOf(redis, "gpu-panel:bench:turns"));
    // They are of one size.
    keptMib.push(HOSTS * (await mibOf(redis, "gpu-panel:bench:host:node1")));
    entries.push(Number(await redis.ask("xlen", "gpu-panel:bench:turns")));
  }
  const seconds = (performance.now() - began.ms) / 1000;
  const ended = await turnsOf(members);
  return {
    turns: {
      told: ended.members - began.turns.members,
      expected: (ended.model - began.turns.model) * HOSTS,
    },
    hubCpuPercent: ((cpuSeconds(pid) - began.hub) / seconds) * 100,
    redisCpuPercent: (((await redisCpu(redis)) - began.redis) / seconds) * 100,
    hubRss: perMinute(hubRss),
    redisMib: perMinute(redisMib),
    streamMib: perMinute(streamMib),
    keptMib: perMinute(keptMib),
    entries: perMinute(entries),
  };
}

/** Turns that the real host and those made of it have told so far. */
async function turnsOf(members: NodeChild): Promise<{ model: number; members: number }> {
  return JSON.parse(await members.ask());
}

const redisCpu = async (redis: RedisServer) =>
  (await infoOf(redis, "cpu", "used_cpu_sys")) + (await infoOf(redis, "cpu", "used_cpu_user"));

async function infoOf(redis: RedisServer, part: string, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(await redis.ask("info", part))?.[1]);
}

/** What a key takes in Redis, all of its entries counted. */
const mibOf = async (redis: RedisServer, key: string) =>
  Number(await redis.ask("memory", "usage", key, "samples", "0")) / 2 ** 20;

function perMinute(values: readonly number[]) {
  const { last, perStep } = trendOf(values);
  return { last, perMinute: (perStep * 60_000) / LOOK_MS };
}
