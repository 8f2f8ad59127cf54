import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { CSV_HEADER } from "../../server/recording/log/csv-lines.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { live } from "../helpers/jobs-rig.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});
/** A sidecar that nobody watches, with a log whose place is made from the fake's folder. */
async function start(log: (dir: string) => RigOptions["settings"], options: RigOptions = {}): Promise<Rig> {
  const gpus = [fakeGpu(0, { "memory.used": 18_204 }), fakeGpu(1)];
  rig = await startRig({ script: { gpus }, ...options, late: log });
  return rig;
}
/** For what happens to a process. */
const OWN = { own: true };
const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const linesOf = (text: string) => text.trimEnd().split("\n");
const WHOLE =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2},[01],NVIDIA GeForce RTX 4090,\d+,24564,0,41$/;

test("REC-1b REC-3 a CSV log grows while nobody watches; a kill leaves whole lines, and the next run appends", async () => {
  const { fake, crash } = await start((dir) => ({ logCsv: join(dir, "logs/gpu.csv") }), OWN);
  const file = join(fake.dir, "logs/gpu.csv");
  // Without a log the sidecar would sample every 5 s.
  await waitUntil(() => linesOf(read(file)).length > 8, { what: "some samples" });
  let killed = "";
  await crash(() => {
    killed = read(file);
    // As if the disk had taken half of the last line.
    appendFileSync(file, '2026-11-21T14:05:09.042+08:00,0,"NVID');
  });
  expect(killed.endsWith("\n")).toBe(true);
  await waitUntil(() => read(file).length > killed.length + 300, { what: "more samples" });
  const [header, ...rows] = linesOf(read(file));
  expect(header).toBe(CSV_HEADER);
  for (const row of rows.slice(0, -1)) expect(row).toMatch(WHOLE);
  expect(read(file).startsWith(killed)).toBe(true);
});

test("REC-2 a file that would grow too large is put aside, and a new one begins with the header", async () => {
  const { fake } = await start((dir) => {
    const file = join(dir, "gpu.csv");
    const filler = `${"x".repeat(1023)}\n`.repeat(1024);
    writeFileSync(file, `${CSV_HEADER}\n${filler.slice(0, 1024 * 1024 - CSV_HEADER.length - 2)}\n`);
    return { logCsv: file, logs: { maxMiB: 1 } };
  });
  const isAside = (name: string) => /^gpu\.\d{4}-\d{2}-\d{2}\.1\.csv$/.test(name);
  // The name is taken by an empty file first.
  const isWhole = (name: string) => statSync(join(fake.dir, name)).size > 1_000_000;
  await waitUntil(() => readdirSync(fake.dir).some((name) => isAside(name) && isWhole(name)), {
    what: "a file put aside",
  });
  const file = join(fake.dir, "gpu.csv");
  await waitUntil(() => linesOf(read(file)).length > 2, { what: "lines in the new file" });
  expect(linesOf(read(file))[0]).toBe(CSV_HEADER);
});

test("REC-3b REC-3c a full disk stops the log, says so in the panel, and the log goes on when there is room", async () => {
  const { fake, sidecar, connect } = await start((dir) => ({ logCsv: join(dir, "gpu.csv") }), OWN);
  const file = join(fake.dir, "gpu.csv");
  const panel = connect();
  await panel.hello();
  await waitUntil(() => linesOf(read(file)).length > 4, { what: "some samples" });
  // The system refuses to let any file of this process grow further, as a full disk does.
  const limit = (bytes: string) =>
    spawnSync("prlimit", [`--pid=${sidecar.child.pid}`, `--fsize=${bytes}:unlimited`], { encoding: "utf8" });
  expect(limit(String(read(file).length + 30)).stderr).toBe("");
  const warned = await waitUntil(
    async () => {
      const { state } = await (await fetch(`${sidecar.url}api/v1/state`)).json();
      // Samples that come late on a busy machine are told before it.
      return state.source.problem?.code === "log-stopped" ? state.source.problem : null;
    },
    { what: "the warning" },
  );
  expect(JSON.stringify(warned)).not.toContain(fake.dir);
  expect((await fetch(`${sidecar.url}healthz`)).status).toBe(200);
  await waitUntil(() => sidecar.output().includes(`${file} cannot be written`), {
    what: "it in the terminal",
  });
  const stopped = read(file);
  expect(stopped.endsWith("\n")).toBe(true);
  limit("unlimited");
  await waitUntil(() => read(file).length > stopped.length + 100, { what: "new lines", timeoutMs: 30_000 });
  for (const row of linesOf(read(file)).slice(1, -1)) expect(row).toMatch(WHOLE);
  await waitUntil(() => /is written again; \d+ lines are missing/.test(sidecar.output()), {
    what: "the end of it",
  });
  await waitUntil(
    async () => (await (await fetch(`${sidecar.url}api/v1/state`)).json()).state.source.problem === null,
    { what: "the warning to go" },
  );
});

test("REC-3b a file that is no log of ours is left as it is", async () => {
  const { fake, sidecar } = await start((dir) => {
    writeFileSync(join(dir, "precious.csv"), "name,amount\nrent,1200");
    return { logCsv: join(dir, "precious.csv") };
  });
  await waitUntil(() => sidecar.output().includes("it is not a log of this panel"), { what: "the refusal" });
  expect(read(join(fake.dir, "precious.csv"))).toBe("name,amount\nrent,1200");
});

test("REC-3b a file that is no JSON log of ours is left as it is, whatever its end", async () => {
  const film = `RIFF${"x".repeat(200_000)}`;
  const { fake, sidecar } = await start((dir) => {
    writeFileSync(join(dir, "film.avi"), film);
    return { logJsonl: join(dir, "film.avi") };
  });
  await waitUntil(() => sidecar.output().includes("it is not a log of this panel"), { what: "the refusal" });
  expect(read(join(fake.dir, "film.avi"))).toBe(film);
});

test("REC-3c a log that is moved or emptied by others goes on at its place, with its header", async () => {
  const { fake } = await start((dir) => ({ logCsv: join(dir, "gpu.csv") }));
  const file = join(fake.dir, "gpu.csv");
  await waitUntil(() => linesOf(read(file)).length > 4, { what: "some samples" });
  renameSync(file, join(fake.dir, "moved.csv"));
  await waitUntil(() => linesOf(read(file)).length > 4, { what: "samples after the move" });
  writeFileSync(file, "");
  await waitUntil(() => linesOf(read(file)).length > 4, { what: "samples after the emptying" });
  for (const name of ["gpu.csv", "moved.csv"]) {
    const [header, ...rows] = linesOf(read(join(fake.dir, name)));
    expect(header).toBe(CSV_HEADER);
    for (const row of rows.slice(0, -1)) expect(row).toMatch(WHOLE);
  }
});

test("REC-2 a link to a log stays a link when a new file begins", async () => {
  const { fake } = await start((dir) => {
    mkdirSync(join(dir, "disk"));
    writeFileSync(join(dir, "disk/real.csv"), `${CSV_HEADER}\n${"x".repeat(1024 * 1024 - 200)}\n`);
    symlinkSync(join(dir, "disk/real.csv"), join(dir, "gpu.csv"));
    return { logCsv: join(dir, "gpu.csv"), logs: { maxMiB: 1 } };
  });
  const disk = join(fake.dir, "disk");
  await waitUntil(() => readdirSync(disk).length === 2, { what: "a file put aside" });
  await waitUntil(() => linesOf(read(join(disk, "real.csv"))).length > 2, { what: "lines in the new file" });
  expect(lstatSync(join(fake.dir, "gpu.csv")).isSymbolicLink()).toBe(true);
});

test("REC-4 JSON lines tell samples, releases and jobs", async () => {
  const { fake, sidecar } = await start((dir) => ({ logJsonl: join(dir, "gpu.jsonl") }), {
    backends: ["http"],
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": 2048 }),
  });
  const jobs = jobsClient(() => sidecar.url);
  await live({ sidecar });
  const { job } = await jobs.ask({ label: "clip", peakMiB: 1000 });
  await jobs.end(job?.id ?? "", { outcome: "done", peakMiB: 900 });
  const headers = { "content-type": "application/json" };
  await fetch(`${sidecar.url}api/v1/release`, { method: "POST", headers, body: '{"mode":"now"}' });
  const documents = await waitUntil(
    () => {
      const all = linesOf(read(join(fake.dir, "gpu.jsonl"))).flatMap((line) =>
        line === "" ? [] : [JSON.parse(line)],
      );
      return all.some(({ event }) => event.dataset === "gpu_status_panel.release") ? all : null;
    },
    { what: "the release in the log", timeoutMs: 50_000 },
  );
  const of = (dataset: string) =>
    documents.filter(({ event }) => event.dataset === `gpu_status_panel.${dataset}`);
  expect(of("gpu").length).toBeGreaterThan(4);
  expect(of("job")).toMatchObject([
    {
      event: { outcome: "success" },
      gpu_status_panel: { job: { label: "clip", peak_bytes: 900 * 1024 * 1024 } },
    },
  ]);
  expect(of("release")).toMatchObject([
    {
      event: { outcome: "success" },
      gpu_status_panel: { release: { freed_bytes: (18_204 - 2048) * 1024 * 1024 } },
    },
  ]);
});
