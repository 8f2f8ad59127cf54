import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { io, type Socket } from "socket.io-client";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { type RunningSidecar, startSidecar, TIME_SCALE } from "../helpers/sidecar.ts";
import { startUnloadHook } from "../helpers/unload-hook.ts";
import { brief } from "./figure.ts";
import { pidOf } from "./node-child.ts";
import { trendOf } from "./trend.ts";

const SCALE = 5;
const INTERVAL_MS = 100;
const GPUS = 4;
const VIEWERS = 12;
const CYCLE_MS = 12_000;
/** Everybody has gone, and what was held for them. */
const CALM_MS = 4000;
const WARM_UP = 4;
const DEFAULT_MINUTES = 15;
const SECRET = "a secret for the soak alone";

/** What is there when a cycle is over and nobody watches. */
interface Left {
  heapMiB: number;
  rssMiB: number;
  descriptors: number;
  timers: number;
}

/**
 * `npm run soak`: two built sidecars of a group with everything going wrong around them, cycle after cycle, ten samples
 * a second. Prints what one of them holds when a cycle is over, and how that rises.
 */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { minutes: { type: "string" } } });
  const lastsMs = Number(values.minutes ?? DEFAULT_MINUTES) * 60_000;
  const redis = await startRedis();
  const hook = await startUnloadHook((response, { body }) => {
    // Every other one hangs until it is given up.
    if (hook.calls.length % 2 === 0) response.writeHead(204).end();
    else response.once("close", () => void body);
  });
  const fake = createFakeNvidiaSmi({ gpus: Array.from({ length: GPUS }, (_, i) => fakeGpu(i)) });
  const probe = join(fake.dir, "probe.json");
  const members: RunningSidecar[] = [];
  try {
    for (const name of ["a", "b"])
      members.push(
        await startSidecar(
          [
            ...["--nvidia-smi", fake.path, "--interval", String(INTERVAL_MS), "--host-name", name],
            ...["--redis-url", redis.url, "--group", "soak", "--group-secret", SECRET],
            ...["--backend", "http", "--backend-url", hook.url, "--data-dir", join(fake.dir, name)],
          ],
          {
            ...fake.env,
            [TIME_SCALE]: String(SCALE),
            NODE_OPTIONS: `--import ${fileURLToPath(new URL("probe.mjs", import.meta.url))}`,
            SOAK_PROBE: probe,
          },
        ),
      );
    const [a, b] = members;
    if (a === undefined || b === undefined) throw new Error("a sidecar is missing");
    const left: Left[] = [];
    const beganMs = performance.now();
    for (let cycle = 1; performance.now() - beganMs < lastsMs; cycle++) {
      await goWrong(cycle, { redis, fake, a, b });
      await sleep(CALM_MS);
      const now = await probeOf(pidOf(a.child), probe);
      left.push(now);
      print(`cycle ${cycle}: ${Object.values(now).map(brief).join(" | ")}`);
    }
    report(left.slice(WARM_UP), (performance.now() - beganMs) / 3_600_000, hook.calls.length);
  } finally {
    for (const member of members) await member.end();
    await hook.close();
    await redis.close();
    fake.dispose();
  }
}

interface Around {
  redis: RedisServer;
  fake: FakeNvidiaSmi;
  a: RunningSidecar;
  b: RunningSidecar;
}

/** One cycle: viewers come and go, jobs begin and end here and there, releases hang, children die, Redis restarts. */
async function goWrong(cycle: number, { redis, fake, a, b }: Around): Promise<void> {
  const untilMs = performance.now() + CYCLE_MS;
  const sockets: Socket[] = [];
  const isRedisAway = cycle % 3 === 0;
  if (isRedisAway) await redis.kill();
  for (let step = 0; performance.now() < untilMs; step++) {
    const gone = sockets.length >= VIEWERS ? sockets.shift() : undefined;
    gone?.disconnect();
    const socket = io(a.url, { transports: ["websocket"], forceNew: true, auth: { protocol: 2 } });
    socket.on("connect", () => {
      socket.emit("watch", {}, () => {});
      socket.emit("group-overview", { profile: null }, () => {});
    });
    sockets.push(socket);
    fake.setGpu(step % GPUS, {
      "memory.used": 2000 + ((step * 977) % 15_000),
      "utilization.gpu": step % 100,
    });
    if (step % 20 === 5) killChildren(pidOf(a.child));
    if (step % 10 === 0)
      void job(step % 20 === 0 ? a.url : b.url, { peakMiB: 3000, ttlSeconds: 5, wait: false });
    if (step % 15 === 0) void job(b.url, { peakMiB: 3000, ttlSeconds: 5, anywhere: true });
    if (step % 30 === 10) void ask(a.url, "release", {});
    await sleep(200);
  }
  for (const socket of sockets) socket.disconnect();
  if (isRedisAway) await redis.start();
}

/** Begins a job; every other one is ended, and the others die without a word. */
async function job(url: string, body: object): Promise<void> {
  const answer = await ask(url, "jobs", body);
  const id: unknown = answer === null || !answer.ok ? null : (await answer.json()).id;
  if (typeof id === "string" && Math.random() < 0.5)
    await fetch(`${url}api/v1/jobs/${id}`, { method: "DELETE" }).catch(() => null);
}

async function ask(url: string, what: string, body: object): Promise<Response | null> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}api/v1/${what}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(
    () => null,
  );
}

function killChildren(pid: number): void {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" "))
    if (child !== "") process.kill(Number(child), "SIGKILL");
}

async function probeOf(pid: number, file: string): Promise<Left> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (;;) {
    await sleep(50);
    try {
      const { heapUsed, rss, timers } = JSON.parse(readFileSync(file, "utf8"));
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      return { heapMiB: heapUsed / 2 ** 20, rssMiB: rss / 2 ** 20, descriptors, timers };
    } catch {
      // Not written yet.
    }
  }
}

function report(left: readonly Left[], hours: number, releases: number): void {
  const samples = (hours * 3_600_000) / INTERVAL_MS;
  print(
    `\n${brief(hours * 60)} min, ${left.length} cycles after ${WARM_UP} to warm up, some ${Math.round(samples)} samples ` +
      `(${brief(samples / 3600)} h at one a second), ${releases} calls of the hook, every other one hung`,
  );
  const rows = (["heapMiB", "rssMiB", "descriptors", "timers"] as const).map((name) => {
    const values = left.map((one) => one[name]);
    const { last, perStep } = trendOf(values);
    const perHour = (perStep * left.length) / (samples / 3600);
    return `${name} | first ${brief(values[0] ?? Number.NaN)} | last ${brief(last)} | least ${brief(Math.min(...values))} | most ${brief(Math.max(...values))} | rises ${brief(perHour)} an hour of samples`;
  });
  print(rows.join("\n"));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
