import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createFakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { startRedis } from "../helpers/redis-server.ts";
import { type RunningSidecar, startSidecar, TIME_SCALE } from "../helpers/sidecar.ts";
import { startUnloadHook } from "../helpers/unload-hook.ts";
import { brief } from "./figure.ts";
import { pidOf } from "./node-child.ts";
import { type Around, connect, createTraffic, GPUS, GROUP, SECRET } from "./soak-traffic.ts";
import { trendOf } from "./trend.ts";

const SCALE = 5;
const INTERVAL_MS = 100;
const SAMPLES_A_CYCLE = 150;
/** A machine with other work may not have given so many by then. */
const LONGEST_CYCLE_MS = 60_000;
/** Everybody has gone, and what was held for them. */
const CALM_MS = 4000;
const WARM_UP = 4;
const DEFAULT_MINUTES = 15;

/** What is there when a cycle is over and nobody watches. */
interface Left {
  heapMiB: number;
  rssMiB: number;
  descriptors: number;
  timers: number;
  handles: number;
  filesMiB: number;
}

/**
 * `npm run soak`: two built sidecars of a group with everything going wrong around them, cycle after cycle, ten samples
 * a second. Prints what one of them holds when a cycle is over, and how that rises.
 */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: "string" }, snapshot: { type: "string", multiple: true } },
  });
  const lastsMs = Number(values.minutes ?? DEFAULT_MINUTES) * 60_000;
  const redis = await startRedis();
  const hook = await startUnloadHook((response) => {
    // Every other one hangs until it is given up.
    if (hook.calls.length % 2 === 0) response.writeHead(204).end();
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
            ...["--redis-url", redis.url, "--group", GROUP, "--group-secret", SECRET],
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
    const around = { redis, fake, hookUrl: hook.url, a, b };
    const left: Left[] = [];
    const places: number[] = [];
    let samples = 0;
    const beganMs = performance.now();
    for (let cycle = 1; performance.now() - beganMs < lastsMs; cycle++) {
      samples = await goWrong(cycle, samples, around);
      await sleep(CALM_MS);
      const now = await probeOf(pidOf(a.child), probe, join(fake.dir, "a"));
      left.push(now);
      places.push(samples / 3600);
      print(`cycle ${cycle}: ${samples} samples | ${Object.values(now).map(brief).join(" | ")}`);
      if (values.snapshot?.includes(String(cycle))) a.child.kill("SIGWINCH");
    }
    report(left.slice(WARM_UP), places.slice(WARM_UP), {
      minutes: (performance.now() - beganMs) / 60_000,
      releases: hook.calls.length,
    });
  } finally {
    for (const member of members) await member.end();
    await hook.close();
    await redis.close();
    fake.dispose();
  }
}

/** One cycle, by the samples that a viewer is sent; the number of the last. Redis is away in every third. */
async function goWrong(cycle: number, before: number, around: Around): Promise<number> {
  const { redis, a } = around;
  const traffic = createTraffic(around);
  const isRedisAway = cycle % 3 === 0;
  if (isRedisAway) await redis.kill();
  let samples = before;
  const counts = connect(a.url);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LONGEST_CYCLE_MS);
    counts.on("turn", (sample: unknown) => {
      if (sample === null || samples - before >= SAMPLES_A_CYCLE) return;
      traffic.sample(samples++);
      if (samples - before < SAMPLES_A_CYCLE) return;
      clearTimeout(timer);
      resolve();
    });
  });
  counts.disconnect();
  traffic.allGo();
  if (isRedisAway) await redis.start();
  return samples;
}

async function probeOf(pid: number, file: string, folder: string): Promise<Left> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (;;) {
    await sleep(50);
    try {
      const { heapUsed, rss, timers, handles } = JSON.parse(readFileSync(file, "utf8"));
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      const filesMiB = bytesIn(folder) / 2 ** 20;
      return { heapMiB: heapUsed / 2 ** 20, rssMiB: rss / 2 ** 20, descriptors, timers, handles, filesMiB };
    } catch {
      // Not written yet.
    }
  }
}

const bytesIn = (folder: string) =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

function report(
  left: readonly Left[],
  places: readonly number[],
  { minutes, releases }: { minutes: number; releases: number },
): void {
  print(
    `\n${brief(minutes)} min, ${left.length} cycles after ${WARM_UP} to warm up, ${brief(places.at(-1) ?? 0)} h of samples ` +
      `at one a second, ${releases} calls of the hook, every other one hung`,
  );
  const names = ["heapMiB", "rssMiB", "descriptors", "timers", "handles", "filesMiB"] as const;
  const rows = names.map((name) => {
    const values = left.map((one) => one[name]);
    const { last, perStep, error } = trendOf(values, places);
    return `${name} | first ${brief(values[0] ?? Number.NaN)} | last ${brief(last)} | least ${brief(Math.min(...values))} | most ${brief(Math.max(...values))} | rises ${brief(perStep)} ± ${brief(error)} an hour of samples`;
  });
  print(rows.join("\n"));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
