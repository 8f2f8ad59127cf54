import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import Database from "libsql";
import * as v from "valibot";
import { expect } from "vitest";
import { residentMib } from "../bench/proc-usage.ts";
import { fakeGpu } from "./fake-nvidia-smi.ts";
import { jobsClient } from "./jobs-client.ts";
import type { PanelClient } from "./panel-client.ts";
import { type Rig, startRig } from "./rig.ts";
import { TIME_SCALE } from "./sidecar.ts";
import type { HookBehaviour } from "./unload-hook.ts";
import { waitUntil } from "./wait-until.ts";

const PRELOAD = fileURLToPath(new URL("../fixtures/wall-clock.mjs", import.meta.url));
const GPUS = [fakeGpu(0), fakeGpu(1), fakeGpu(2)];
const HEALTHY = { gpus: GPUS, behaviour: { kind: "ok" }, computeAppsBehaviour: { kind: "ok" } } as const;
/** What memory may be more than before: a garbage collector's habits. */
const MOST_GROWTH_MIB = 60;
const MOST_JOBS = 8;
const NOT_WRITTEN = /the record of jobs cannot be written/;
const sessionsSchema = v.object({
  sessions: v.array(v.object({ id: v.string(), endedAt: v.nullable(v.number()) })),
});
/** As long as a job may ask for: none dies of old age meanwhile. */
const TTL_S = 3600;
const HOOKS: readonly HookBehaviour[] = [
  (response) => response.writeHead(204).end(),
  (response) => response.writeHead(500).end("broken"),
  (response) => void response.socket?.destroy(),
  () => {},
  (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"freed_mib": "much"'),
];
const CELLS = [
  "[Unknown Error]",
  "[GPU requires reset]",
  "[GPU is lost]",
  "4294967295",
  "-1",
  "rubbish, more",
  "",
];

/** What happens to the sidecar and the world around it, in one step. */
type Fault = { name: string; pauseMs: number; pick: number };
const NAMES = [
  ...["kill", "hang", "exit", "sentence", "rubbish line", "rubbish cell", "GPU gone", "list hangs", "heal"],
  ...["viewer", "viewer", "viewers go", "hidden", "job", "job", "release", "release", "session"],
  ...["clock", "history file gone", "database held", "disk full", "room on the disk", "hook", "odd request"],
  "SIGKILL",
];
const faults = (count: number) =>
  fc.array(
    fc.record({
      name: fc.constantFrom(...NAMES),
      pauseMs: fc.integer({ min: 50, max: 1200 }),
      pick: fc.nat(),
    }),
    { minLength: count, maxLength: count },
  );

/** Lets random faults happen for so long; afterwards the sidecar is live, and nothing is lost and nothing left. */
export async function runChaos(seed: number, seconds: number): Promise<void> {
  let hook = 0;
  const clock = join(process.env.TMPDIR ?? "/tmp", `chaos-clock-${process.pid}-${seed}`);
  writeFileSync(clock, "0");
  const rig = await startRig({
    own: true,
    script: HEALTHY,
    hook: () => (response, call) => HOOKS[hook % HOOKS.length]?.(response, call),
    hookTimeoutMs: 1500,
    settings: { historyInterval: 1000 },
    env: { NODE_OPTIONS: `--import=${PRELOAD}`, WALL_CLOCK_OFFSET: clock, [TIME_SCALE]: "5" },
  });
  const jobs = jobsClient(() => rig.sidecar.url);
  /** Jobs and sessions that the sidecar has taken, and of these what it cannot have written yet. */
  const acknowledged = new Set<string>();
  const unwritten = new Set<string>();
  let isDiskFull = false;
  let jobCount = 0;
  const viewers: PanelClient[] = [];
  const history: string[] = [];
  const post = (path: string, body: object) =>
    fetch(`${rig.sidecar.url}api/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const pid = () => rig.sidecar.child.pid ?? 0;
  function take(id: string) {
    acknowledged.add(id);
    if (isDiskFull) unwritten.add(id);
  }
  /** The kernel refuses to let any file of the sidecar grow, as a full disk does. */
  async function fillDisk(full: boolean) {
    execFileSync("prlimit", [`--pid=${pid()}`, `--fsize=${full ? 1 : "unlimited"}:unlimited`]);
    isDiskFull = full;
    if (full) return;
    await waitUntil(() => !isUnwritten(rig), { what: "what waited to be written", timeoutMs: 60_000 });
    unwritten.clear();
  }
  async function kill() {
    const { sidecar } = rig;
    await rig.crash();
    isDiskFull = false;
    // What could not be written is lost with the process; but that it was not kept was said.
    if (unwritten.size > 0)
      await waitUntil(() => NOT_WRITTEN.test(sidecar.output()), {
        what: "words that nothing could be written",
      });
    for (const id of unwritten) acknowledged.delete(id);
    unwritten.clear();
  }

  async function happen({ name, pick }: Fault) {
    const { fake } = rig;
    const gpu = GPUS[pick % GPUS.length] ?? fakeGpu(0);
    const cell = CELLS[pick % CELLS.length] ?? "";
    if (name === "kill") fake.kill(pick % 2 === 0 ? "SIGKILL" : "SIGTERM");
    else if (name === "hang") fake.set({ behaviour: { kind: "hang" } });
    else if (name === "exit") fake.set({ behaviour: { kind: "exit", code: pick % 20 } });
    else if (name === "sentence")
      fake.set({ behaviour: { kind: "sentence-loop", text: "Failed to initialize NVML: Unknown Error" } });
    else if (name === "rubbish line")
      fake.set({ linesAfterGpu: { 0: [`${cell}, ${cell}`, "\u0000\u0001,,,"] } });
    else if (name === "rubbish cell")
      fake.set({
        gpus: GPUS.map((one) => (one === gpu ? { ...one, "memory.used": cell, "memory.total": cell } : one)),
      });
    else if (name === "GPU gone") fake.set({ gpus: GPUS.filter((one) => one !== gpu) });
    else if (name === "list hangs") fake.set({ computeAppsBehaviour: { kind: "hang" } });
    else if (name === "heal") fake.set({ ...HEALTHY, linesAfterGpu: {} });
    else if (name === "viewer" && viewers.length < 20)
      viewers.push(rig.connect({ transports: [pick % 2 === 0 ? "websocket" : "polling"] }));
    else if (name === "hidden") viewers[pick % Math.max(1, viewers.length)]?.socket.emit("unwatch", () => {});
    else if (name === "viewers go") for (const viewer of viewers.splice(0, 1 + (pick % 5))) viewer.close();
    else if (name === "job" && jobCount++ < MOST_JOBS) {
      const { job } = await jobs.ask({
        label: `chaos ${pick}`,
        peakMiB: 1000 + (pick % 4000),
        ttlSeconds: TTL_S,
      });
      if (job === null) throw new Error("the job was refused");
      take(job.id);
    } else if (name === "release") await post("release", { mode: pick % 2 === 0 ? "now" : "auto" });
    else if (name === "session") {
      const answer = await post("sessions", { label: `chaos ${pick}` });
      const { id } = await answer.json();
      if (answer.ok) take(id);
    } else if (name === "SIGKILL") await kill();
    else if (name === "disk full" || name === "room on the disk") await fillDisk(name === "disk full");
    else if (name === "clock") writeFileSync(clock, String(((pick % 3) - 1) * 3_600_000));
    else if (name === "history file gone") removeHistory(join(fake.dir, "data"));
    else if (name === "database held")
      await holdDatabase(join(fake.dir, "data", "capacity.sqlite"), 300 + (pick % 1500));
    else if (name === "hook") hook = pick;
    else if (name === "odd request")
      await fetch(`${rig.sidecar.url}api/v1/history?points=${pick}&gpu=${cell}`).then((one) => one.text());
  }

  try {
    await waitLive(rig);
    // What is loaded with the first viewer and the first release is no leak.
    const first = rig.connect();
    await first.hello();
    await post("release", { mode: "now" });
    await first.releaseIn("done", "failed");
    first.close();
    const before = { rss: residentMib(pid()), files: openFiles(pid()) };
    const endMs = performance.now() + seconds * 1000;
    const sequence = fc.sample(faults(4000), { numRuns: 1, seed })[0] ?? [];
    for (const fault of sequence) {
      if (performance.now() >= endMs) break;
      history.push(fault.name);
      await happen(fault);
      await sleep(fault.pauseMs);
    }
    for (const viewer of viewers.splice(0)) viewer.close();
    writeFileSync(clock, "0");
    hook = 0;
    await fillDisk(false);
    rig.fake.set({ ...HEALTHY, linesAfterGpu: {} });
    await waitLive(rig);
    const again = rig.connect();
    await again.hello();
    await waitUntil(() => again.samples.length > 2, { what: "samples after all of it" });
    again.close();
    await expectKept(rig, acknowledged);
    await waitUntil(() => openFiles(pid()) <= before.files + 6, {
      timeoutMs: 60_000,
      what: () => `descriptors to be closed: ${openFiles(pid())}, before ${before.files}`,
    });
    await waitUntil(() => rig.fake.livePids().length <= 2, { what: "no more nvidia-smi than loop and list" });
    expect(residentMib(pid()) - before.rss).toBeLessThan(MOST_GROWTH_MIB);
    expect(rig.sidecar.output()).not.toMatch(/\n\s+at .*:\d+:\d+/);
    await rig.crash();
    await waitLive(rig);
    await expectKept(rig, acknowledged);
    await rig.sidecar.end();
    await waitUntil(() => rig.fake.livePids().length === 0, { what: "the last nvidia-smi to end" });
  } catch (error) {
    process.stdout.write(`chaos, seed ${seed}: ${history.join(", ")}\n${rig.sidecar.output()}\n`);
    throw error;
  } finally {
    await rig.close();
    rmSync(clock, { force: true });
  }
}

function waitLive(rig: Rig) {
  return waitUntil(async () => (await fetch(`${rig.sidecar.url}healthz`)).ok, {
    timeoutMs: 120_000,
    what: () => `the sidecar to be live; it said ${rig.sidecar.output().slice(-2000)}`,
  });
}

/** Every job and session that was acknowledged is there, and none has ended by itself. */
async function expectKept({ sidecar }: Rig, acknowledged: ReadonlySet<string>) {
  const jobs = await jobsClient(() => sidecar.url).list();
  const going = jobs.filter(({ state }) => state === "running" || state === "waiting");
  const answer = await (await fetch(`${sidecar.url}api/v1/sessions`)).json();
  const { sessions } = v.parse(sessionsSchema, answer);
  const kept = [...going, ...sessions.filter(({ endedAt }) => endedAt === null)].map(({ id }) => id);
  expect(kept).toEqual(expect.arrayContaining([...acknowledged]));
}

/** The last that it said of its record of jobs is that it cannot be written. */
function isUnwritten({ sidecar }: Rig): boolean {
  const said = sidecar.output().match(/the record of jobs (?:cannot be|is) written/g);
  return said?.at(-1)?.includes("cannot") ?? false;
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** As a backup does, or another program that looks into the file. */
async function holdDatabase(file: string, ms: number) {
  const database = new Database(file, { timeout: 2000 });
  try {
    database.exec("BEGIN EXCLUSIVE");
    await sleep(ms);
    database.exec("ROLLBACK");
  } catch {
    // The sidecar has it for itself at the moment.
  } finally {
    database.close();
  }
}

/** As somebody does who makes room on the disk. */
function removeHistory(folder: string) {
  for (const name of readdirSync(folder).filter((one) => one.startsWith("history.sqlite")))
    rmSync(join(folder, name), { force: true });
}
