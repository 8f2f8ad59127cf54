import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { CSV_HEADER } from "../../server/recording/log/csv-lines.ts";
import { isoTime } from "../../server/recording/log/iso-time.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { connectPanel, type PanelClient } from "../helpers/panel-client.ts";
import { startRig } from "../helpers/rig.ts";
import { type RunningSidecar, startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const CLEAN: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of CLEAN.splice(0).reverse()) await clean();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "gpu-panel-replay-test-"));
  CLEAN.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
async function play(
  file: string,
  flags: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningSidecar> {
  const sidecar = await startSidecar(["--source", `replay:${file}`, ...flags], env);
  CLEAN.push(() => sidecar.end());
  return sidecar;
}
function watch(sidecar: RunningSidecar): PanelClient {
  const client = connectPanel(sidecar.url);
  CLEAN.push(() => client.close());
  return client;
}
async function stateOf({ url }: RunningSidecar) {
  return (await (await fetch(`${url}api/v1/state`)).json()).state;
}
const replayOf = (sidecar: RunningSidecar) =>
  waitUntil(async () => (await stateOf(sidecar)).source.replay, { what: "the recording", timeoutMs: 30_000 });
async function control({ url }: RunningSidecar, body: object) {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}api/v1/replay`, { method: "POST", headers, body: JSON.stringify(body) });
}
async function chart({ url }: RunningSidecar, fromMs: number, toMs: number) {
  const response = await fetch(`${url}api/v1/history?from=${fromMs}&to=${toMs}&points=60`);
  expect(response.status).toBe(200);
  return (await response.json()).gpus;
}
/** The hello of another run, as a jump makes it. */
const nextHello = ({ hellos }: PanelClient, bootId: string) =>
  waitUntil(() => hellos.at(-1)?.bootId !== bootId && hellos.at(-1), { what: "a hello of another moment" });
const START = new Date(2026, 10, 20, 22, 0, 0).getTime();
/** A night of one sample a second, two GPUs, as our log writes it. */
function night(seconds: number): string {
  const lines = Array.from({ length: seconds }, (_, i) =>
    [0, 1].map(
      (gpu) =>
        `${isoTime(START + i * 1000)},${gpu},NVIDIA GeForce RTX 4090,${1000 + ((i * 37) % 20_000)},24564,${i % 100},${40 + (i % 30)}\n`,
    ),
  );
  return `${CSV_HEADER}\n${lines.flat().join("")}`;
}

test("REC-5 a log that the panel wrote and the same in nvidia-smi's own format replay to the same charts", async () => {
  const dir = folder();
  const ours = join(dir, "ours.csv");
  const rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.used": 18_204 }), fakeGpu(1)] },
    flags: ["--log-csv", ours],
  });
  let used = 2000;
  await waitUntil(
    () => {
      used += 10;
      rig.fake.setGpu(0, { "memory.used": used, "utilization.gpu": used % 100 });
      return existsSync(ours) && readFileSync(ours, "utf8").split("\n").length > 40;
    },
    { what: "a log of some samples" },
  ).finally(() => rig.close());
  const [, ...rows] = readFileSync(ours, "utf8").trimEnd().split("\n");
  // What `nvidia-smi --query-gpu=name,memory.used,timestamp,utilization.gpu,index,memory.total,temperature.gpu
  // --format=csv -l 1` prints of the same samples: another order, units, local time without a zone.
  const theirs = rows.map((row) => {
    const [at = "", index, name, mem, total, util, temp] = row.split(",");
    const local = at.slice(0, 23).replaceAll("-", "/").replace("T", " ");
    return `${name}, ${mem} MiB, ${local}, ${util} %, ${index}, ${total} MiB, ${temp}`;
  });
  writeFileSync(
    join(dir, "theirs.csv"),
    `name, memory.used [MiB], timestamp, utilization.gpu [%], index, memory.total [MiB], temperature.gpu\n${theirs.join("\n")}\n`,
  );
  const [a, b] = [await play(ours), await play(join(dir, "theirs.csv"))];
  const [oursPlayed, theirsPlayed] = [await replayOf(a), await replayOf(b)];
  expect(oursPlayed).toMatchObject({ wrongLines: 0, everyNth: 1, file: "ours.csv" });
  expect([theirsPlayed.startMs, theirsPlayed.endMs]).toEqual([oursPlayed.startMs, oursPlayed.endMs]);
  const window = [oursPlayed.startMs - 1000, oursPlayed.endMs + 1000] as const;
  const [first, second] = [await chart(a, ...window), await chart(b, ...window)];
  expect(first).toEqual(second);
  const peak = Math.max(...first[0].memoryUsedMiB.max.filter((value: number | null) => value !== null));
  expect(peak).toBeGreaterThan(2000);
});

test("REC-6 REC-6c a recording is paused, moved and sped up for everybody; going back shows the past of that moment", async () => {
  const dir = folder();
  writeFileSync(join(dir, "night.csv"), night(3 * 3600));
  const sidecar = await play(join(dir, "night.csv"));
  await replayOf(sidecar);
  const panel = watch(sidecar);
  const before = await panel.hello();
  expect(before.state.source).toMatchObject({ kind: "replay", status: "live" });
  await control(sidecar, { paused: true, atMs: START + 2 * 3600_000 });
  const late = await nextHello(panel, before.bootId);
  expect(late.state.gpus[0]?.memoryUsedMiB).toBe(1000 + ((7200 * 37) % 20_000));
  expect(late.epochMs + late.nowMs).toBe(START + 2 * 3600_000);
  expect(late.history.data.length / late.history.columns).toBe(15 * 60 + 1);
  await control(sidecar, { atMs: START + 60_000 });
  const early = await nextHello(panel, late.bootId);
  expect(early.history.data.length / early.history.columns).toBe(61);
  expect(early.state.source.replay).toMatchObject({ paused: true, speed: 1, startMs: START });
  const reply = await control(sidecar, { paused: false, speed: 60 });
  expect(await reply.json()).toMatchObject({ paused: false, speed: 60 });
  // The second figure of a sample is its time.
  await waitUntil(() => panel.samples.some(([, tMs = null]) => (tMs ?? 0) > START + 120_000), {
    what: "later samples",
  });
  await control(sidecar, { atMs: START + 3 * 3600_000 - 1000 });
  await waitUntil(async () => (await stateOf(sidecar)).source.replay.paused, {
    what: "the end of the recording",
  });
});

test("REC-6 what cannot be asked for is refused in words", async () => {
  const dir = folder();
  writeFileSync(join(dir, "night.csv"), night(60));
  const sidecar = await play(join(dir, "night.csv"));
  await replayOf(sidecar);
  const tooFast = await control(sidecar, { speed: 1000 });
  expect([tooFast.status, (await tooFast.json()).detail !== undefined]).toEqual([400, true]);
  const rig = await startRig();
  CLEAN.push(() => rig.close());
  const live = await control(rig.sidecar, { paused: true });
  expect([live.status, (await live.json()).code]).toEqual([409, "no-replay"]);
});

test("REC-7 while a recording is played nothing is released, admitted or remembered", async () => {
  const dir = folder();
  writeFileSync(join(dir, "night.csv"), night(60));
  const sidecar = await play(join(dir, "night.csv"), ["--backend", "comfyui"]);
  await replayOf(sidecar);
  const { state, capabilities } = await (await fetch(`${sidecar.url}api/v1/state`)).json();
  expect([capabilities.release.allowed, state.backends]).toEqual([false, []]);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ label: "clip", peakMiB: 10 });
  const asked = await fetch(`${sidecar.url}api/v1/jobs`, { method: "POST", headers, body });
  expect([asked.status, (await asked.json()).state]).toEqual([202, "waiting"]);
});

test.each([
  ["a file that is not there", null, "replay-unreadable"],
  ["one without a header", "2026/03/04 15:06:07, 0, 5 MiB\n", "replay-no-header"],
  ["one without a line that can be read", "timestamp, memory.used [MiB]\nrubbish\n", "replay-empty"],
])("REC-5b %s is said in words", async (_, text, code) => {
  const file = join(folder(), "log.csv");
  if (text !== null) writeFileSync(file, text);
  const sidecar = await play(file);
  const problem = await waitUntil(async () => (await stateOf(sidecar)).source.problem, {
    what: "the problem",
  });
  expect(problem.code).toBe(code);
  expect(JSON.stringify(problem)).not.toContain(tmpdir());
});

test.each([
  [
    "UTF-16 and CRLF, as PowerShell's > writes it",
    (text: string) => Buffer.from(`\uFEFF${text.replaceAll("\n", "\r\n")}`, "utf16le"),
  ],
  ["UTF-8 with a mark and CRLF", (text: string) => Buffer.from(`\uFEFF${text.replaceAll("\n", "\r\n")}`)],
  ["gzip", (text: string) => gzipSync(text)],
])("REC-5 a log in %s is read", async (_, encode) => {
  const file = join(folder(), "log.csv");
  writeFileSync(file, encode(night(120)));
  const played = await replayOf(await play(file));
  expect(played).toMatchObject({ startMs: START, endMs: START + 119_000, wrongLines: 0 });
});

test("REC-5b a file that is no text is said to be no log", async () => {
  const file = join(folder(), "film.mp4");
  writeFileSync(file, Buffer.concat([Buffer.from("ftyp"), Buffer.alloc(10_000)]));
  const sidecar = await play(file);
  const problem = await waitUntil(async () => (await stateOf(sidecar)).source.problem, {
    what: "the problem",
  });
  expect(problem.code).toBe("replay-no-header");
});

test("REC-5 a log with a sample every 30 s makes a chart without holes, and its energy is whole", async () => {
  const file = join(folder(), "slow.csv");
  const rows = Array.from({ length: 121 }, (_, i) => `${isoTime(START + i * 30_000)}, 0, 9000 MiB, 300.00 W`);
  writeFileSync(file, `timestamp, index, memory.used [MiB], power.draw [W]\n${rows.join("\n")}\n`);
  const sidecar = await play(file);
  await replayOf(sidecar);
  await control(sidecar, { paused: true, atMs: START + 3600_000 });
  const response = await fetch(
    `${sidecar.url}api/v1/history?from=${START}&to=${START + 3600_000}&points=360`,
  );
  const [gpu] = (await response.json()).gpus;
  expect(gpu.memoryUsedMiB.max.filter((value: number | null) => value === null)).toEqual([]);
  expect(gpu.knownSeconds).toBeGreaterThanOrEqual(3600);
  expect(gpu.energyWh).toBeCloseTo(300, -1);
  expect((await stateOf(sidecar)).source.intervalMs).toBe(30_000);
});

test("REC-6c a recording that goes back forgets the alerts of what comes later", async () => {
  const file = join(folder(), "full.csv");
  const rows = Array.from(
    { length: 600 },
    (_, i) => `${isoTime(START + i * 1000)}, 0, ${i < 120 ? 4000 : 24_500} MiB, 24564 MiB`,
  );
  writeFileSync(file, `timestamp, index, memory.used [MiB], memory.total [MiB]\n${rows.join("\n")}\n`);
  const sidecar = await play(file);
  await replayOf(sidecar);
  await control(sidecar, { speed: 60, atMs: START + 100_000 });
  await waitUntil(async () => (await stateOf(sidecar)).alerts.length > 0, { what: "an alert" });
  await control(sidecar, { paused: true, atMs: START + 50_000 });
  expect((await stateOf(sidecar)).alerts).toEqual([]);
  const { past } = await (await fetch(`${sidecar.url}api/v1/alerts`)).json();
  expect(past).toEqual([]);
});

test("REC-7 what is played is not logged again", async () => {
  const dir = folder();
  writeFileSync(join(dir, "night.csv"), night(60));
  const log = join(dir, "gpu.csv");
  const sidecar = await play(join(dir, "night.csv"), ["--log-csv", log]);
  await replayOf(sidecar);
  await control(sidecar, { speed: 60 });
  await waitUntil(async () => (await stateOf(sidecar)).source.replay.paused, { what: "the end" });
  expect(existsSync(log)).toBe(false);
  expect(sidecar.output()).toContain("no log is written while a recording is played");
});

test("REC-7 what a replay wrote is gone when it ends, and what a killed one left is taken away later", async () => {
  const dir = folder();
  writeFileSync(join(dir, "night.csv"), night(60));
  const env = { TMPDIR: dir };
  const scratch = () => readdirSync(dir).filter((name) => name.startsWith("gpu-status-panel-replay-"));
  const killed = await play(join(dir, "night.csv"), [], env);
  await replayOf(killed);
  await killed.end("SIGKILL");
  const [left = ""] = scratch();
  expect(left).not.toBe("");
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  utimesSync(join(dir, left), twoDaysAgo, twoDaysAgo);
  // Of one that runs, however old it looks.
  const running = `gpu-status-panel-replay-${process.pid}-abcdef`;
  mkdirSync(join(dir, running));
  utimesSync(join(dir, running), twoDaysAgo, twoDaysAgo);
  const next = await play(join(dir, "night.csv"), [], env);
  await replayOf(next);
  expect(scratch()).not.toContain(left);
  await next.end("SIGTERM");
  expect(scratch()).toEqual([running]);
});
