import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, describe, expect, test } from "vitest";
import { decodeHistory } from "../../shared/history/codec.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { askHistory, peaksOf } from "../helpers/history-client.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const OFTEN = { historyInterval: 1000 };
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function start(options: RigOptions = {}): Promise<Rig> {
  const running = await startRig({ settings: OFTEN, ...options });
  rig = running;
  // Watched, it samples at its full rate.
  running.connect();
  return running;
}
const fileOf = ({ fake }: Rig, name = "history.sqlite") => join(fake.dir, "data", name);
const gpusOf = async ({ sidecar }: Rig, query: Record<string, string | number> = {}) =>
  (await askHistory(sidecar.url, query)).answer?.gpus ?? [];
/** Waits until history, asked for the last minutes, has shown this VRAM. */
const shows = (running: Rig, mib: number, query: Record<string, string | number> = {}) =>
  waitUntil(async () => (await gpusOf(running, query)).some((gpu) => peaksOf(gpu).includes(mib)), {
    what: () => `${mib} MiB in the history; ${running.sidecar.output()}`,
    everyMs: 300,
  });
const said = ({ sidecar }: Rig, pattern: RegExp) =>
  waitUntil(() => pattern.test(sidecar.output()), { what: () => `${pattern} in: ${sidecar.output()}` });
const storeProblem = async ({ sidecar }: Rig) => {
  const body: unknown = await (await fetch(`${sidecar.url}api/v1/state`)).json();
  return JSON.stringify(body).includes('"history-not-stored"');
};
const useMib = ({ fake }: Rig, mib: number) => fake.setGpu(0, { "memory.used": mib });

describe("history survives", () => {
  test("HIS-9 a restart: every zoom level shows the past, and so do the panel's first rows", async () => {
    const running = await start({ own: true });
    useMib(running, 7777);
    await shows(running, 7777);
    await running.restart();
    for (const spanMs of [60_000, 900_000, 3_600_000, 86_400_000, 30 * 86_400_000]) {
      const gpus = await gpusOf(running, { gpu: fakeGpu(0).uuid, from: Date.now() - spanMs, points: 60 });
      expect(peaksOf(gpus[0]), `${spanMs} ms`).toContain(7777);
    }
    useMib(running, 2000);
    const panel = running.connect();
    await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
    const again = await running.connect().hello();
    const rows = decodeHistory(again.history);
    expect(rows.some(({ seq, values }) => seq <= 0 && values[0] === 7777)).toBe(true);
    expect(rows.every(({ seq }, i) => i === 0 || seq > (rows[i - 1]?.seq ?? 0))).toBe(true);
  });

  test("HIS-9b kill -9: all that is older than the last write is there", async () => {
    const running = await start({ own: true });
    useMib(running, 5555);
    await shows(running, 5555);
    useMib(running, 6666);
    await shows(running, 6666);
    const written = await waitForWrites(running, 2);
    await running.crash();
    const [gpu] = await gpusOf(running, { gpu: fakeGpu(0).uuid, from: Date.now() - 120_000 });
    expect(peaksOf(gpu), written).toContain(5555);
    expect(peaksOf(gpu), written).toContain(6666);
    expect(running.sidecar.output()).not.toMatch(/moved|cannot/);
  });

  test("HIS-10b the data folder is removed while the sidecar runs: said, and history goes on in a new file", async () => {
    const running = await start({ own: true });
    useMib(running, 4321);
    await shows(running, 4321);
    await waitForWrites(running, 2);
    rmSync(join(running.fake.dir, "data"), { recursive: true });
    await said(running, /history\.sqlite was removed or replaced/);
    await waitForWrites(running, 2);
    await running.crash();
    await shows(running, 4321, { gpu: fakeGpu(0).uuid });
  });

  test("HIS-15 a GPU is known by its UUID, whatever index it gets", async () => {
    const running = await start({ script: { gpus: [fakeGpu(0, { "memory.used": 3210 })] } });
    await shows(running, 3210);
    const other = { ...fakeGpu(1, { "memory.used": 111 }), index: 0 };
    running.fake.set({ gpus: [other, { ...fakeGpu(0, { "memory.used": 3210 }), index: 1 }] });
    await running.restart();
    running.connect();
    await shows(running, 111);
    const byIndex = async (gpu: number) => peaksOf((await gpusOf(running, { gpu }))[0]);
    expect(await byIndex(0)).toEqual([111]);
    expect(await byIndex(1)).toEqual([3210]);
  });
});

describe("a disk that does not do its work", () => {
  test("HIS-10 a damaged file is moved aside, said, and history begun anew", async () => {
    const running = await start();
    await shows(running, 1024);
    await running.sidecar.end("SIGTERM");
    writeFileSync(fileOf(running), "not a database ".repeat(400));
    await running.restart();
    await said(running, /history\.sqlite cannot be used: .* moved to .*\.bad and history is begun anew/);
    running.connect();
    await shows(running, 1024);
    expect(readdirSync(join(running.fake.dir, "data")).some((name) => /^history.*\.bad$/.test(name))).toBe(
      true,
    );
  });

  test("HIS-11 HIS-11b a full disk: said once, seen in the state, samples go on, and later all of it is written", async () => {
    const running = await start({ own: true });
    await shows(running, 1024);
    await waitForWrites(running, 1);
    const { pid } = running.sidecar.child;
    const limitFiles = (size: string) => execFileSync("prlimit", [`--pid=${pid}`, `--fsize=${size}`]);
    // Beyond this size no file may grow: the kernel refuses the writes.
    limitFiles("1:unlimited");
    useMib(running, 8888);
    await said(running, /history cannot be written to .*history\.sqlite/);
    await waitUntil(() => storeProblem(running), { what: "the problem in the state" });
    await shows(running, 8888);
    const { answer } = await askHistory(running.sidecar.url);
    expect(answer?.problem?.code).toBe("history-not-stored");
    expect((await fetch(`${running.sidecar.url}healthz`)).status).toBe(200);
    limitFiles("unlimited:unlimited");
    await said(running, /history is written to .* again/);
    await waitUntil(async () => !(await storeProblem(running)), { what: "the problem to go from the state" });
    expect(running.sidecar.output().match(/history cannot be written/g)).toHaveLength(1);
    await running.crash();
    expect(peaksOf((await gpusOf(running, { gpu: fakeGpu(0).uuid }))[0])).toContain(8888);
  });

  test("HIS-13 what the demo machine showed never stands among real figures", async () => {
    const running = await start();
    await shows(running, 1024);
    const demo = await startSidecar(["--source", "demo:2"], {
      PATH: running.fake.env.PATH,
      GPU_PANEL_DATA_DIR: join(running.fake.dir, "data"),
    });
    const headers = { "content-type": "application/json" };
    await fetch(`${demo.url}api/v1/release`, { method: "POST", headers, body: '{"mode":"now"}' });
    await demo.end();
    expect(demo.output()).not.toMatch(/cannot/);
    // Its release that the end broke off is no release of the real machine's.
    expect(existsSync(fileOf(running, "demo/releases.jsonl"))).toBe(true);
    expect(existsSync(fileOf(running, "releases.jsonl"))).toBe(false);
    expect(existsSync(fileOf(running, "history-demo.sqlite"))).toBe(true);
    await running.sidecar.end("SIGTERM");
    const sql = new Database(fileOf(running), { readonly: true });
    expect(sql.prepare("SELECT uuid FROM gpus").all()).toEqual([{ uuid: fakeGpu(0).uuid }]);
    sql.close();
  });
});

describe("GET /api/v1/history and the socket's event", () => {
  test("HIS-14c the same answer both ways: points with their length, units in the names, null for what is not known", async () => {
    const running = await start({ script: { gpus: [fakeGpu(0), fakeGpu(1, { "power.draw": "[N/A]" })] } });
    await shows(running, 1024);
    const { answer } = await askHistory(running.sidecar.url, { points: 20 });
    expect(answer).toMatchObject({ problem: null, gpus: [{ index: 0 }, { index: 1, energyWh: null }] });
    if (answer === null) throw new Error("no answer");
    const count = (answer.toMs - answer.fromMs) / answer.pointMs;
    expect(count).toBeLessThanOrEqual(20);
    for (const gpu of answer.gpus) {
      for (const series of [gpu.memoryUsedMiB, gpu.utilizationGpuPct, gpu.temperatureC, gpu.powerDrawW])
        for (const list of [series.min, series.mean, series.max]) expect(list).toHaveLength(count);
      expect(gpu.memoryUsedMiB.max[0]).toBeNull();
    }
    expect(answer.gpus[1]?.powerDrawW.mean.every((value) => value === null)).toBe(true);
    expect(answer.gpus[0]?.energyWh).toBeGreaterThanOrEqual(0);
    const from = new Date(answer.fromMs).toISOString();
    const reply = await running
      .connect()
      .socket.emitWithAck("history", { gpu: 1, from, to: answer.toMs, points: 20 });
    expect(reply).toMatchObject({ ok: true, data: { gpus: [{ index: 1, name: fakeGpu(1).name }] } });
  });

  test("HIS-14 a question that cannot be understood is told what is wrong with it", async () => {
    const running = await start();
    await shows(running, 1024);
    for (const [query, detail] of [
      [{ points: 1 }, /points/],
      [{ points: 501 }, /points/],
      [{ points: "many" }, /points/],
      [{ from: "yesterday" }, /from: a time: epoch milliseconds/],
      [{ to: -5 }, /to: /],
      [{ from: 2000, to: 1000 }, /from: the window must begin before it ends/],
      [{ gpu: 7 }, /gpu: there is no GPU 7/],
      [{ whatever: 1 }, /whatever/],
    ] as const) {
      const { status, body } = await askHistory(running.sidecar.url, query);
      expect([status, body]).toEqual([400, expect.objectContaining({ code: "bad-request" })]);
      expect(JSON.stringify(body)).toMatch(detail);
    }
    const panel = running.connect();
    await panel.hello();
    const send: (event: string, request: unknown) => Promise<unknown> = (event, request) =>
      Reflect.apply(panel.socket.emitWithAck, panel.socket, [event, request]);
    expect(await send("history", "all of it")).toMatchObject({ ok: false, code: "bad-request" });
    expect(await send("history", { points: 1e9 })).toMatchObject({ ok: false, code: "bad-request" });
    // A GPU that nobody knows has no history; one that is gone is asked for by its UUID.
    expect(await gpusOf(running, { gpu: "GPU-gone" })).toMatchObject([{ index: null, knownSeconds: 0 }]);
  });

  test("HIS-14b who asks too often is told how long to wait, and nothing else suffers", async () => {
    const running = await start();
    await shows(running, 1024);
    const refused = await waitUntil(
      async () => {
        // As many at once again while a busy machine answers them no faster than they are allowed.
        const answers = await Promise.all(Array.from({ length: 80 }, () => askHistory(running.sidecar.url)));
        return answers.find(({ status }) => status === 429);
      },
      { what: "a refusal" },
    );
    expect(refused.body).toMatchObject({ code: "too-many-requests" });
    expect(Number(refused.retryAfter)).toBeGreaterThanOrEqual(1);
    expect((await fetch(`${running.sidecar.url}api/v1/state`)).status).toBe(200);
  });
});

/** Waits until history has been written so many times from now on. */
async function waitForWrites(running: Rig, times: number): Promise<string> {
  const wal = `${fileOf(running)}-wal`;
  const sizes: number[] = [];
  for (let i = 0; i < times; i++) {
    const before = mtimeOf(wal);
    await waitUntil(() => mtimeOf(wal) > before, { what: `a write to ${wal}` });
    sizes.push(mtimeOf(wal));
  }
  return `written at ${sizes.join(", ")}`;
}

const mtimeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
